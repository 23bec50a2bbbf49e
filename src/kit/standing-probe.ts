/**
 * Asks a web server what it would do with a request from some address, through the very rules that it applies to
 * everybody. The server's snippet (content/enforce/) has a location for that, which believes the address only of those
 * who know the token.
 */
import { type IncomingMessage, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { Failure } from '../core/failure.ts'
import { parseCidr } from '../core/ip.ts'
import { type Millis, SECOND } from '../core/time.ts'
import { secret } from './scalars.ts'

export const probeSettings = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .describe('The location of the probe, such as `http://127.0.0.1/.riposte/standing`.'),
  host: z
    .string()
    .regex(/^[A-Za-z0-9.:[\]-]{1,255}$/, 'a host is a name or address, with a port where one is needed')
    .optional()
    .describe('Host to ask for, where the server has several sites on one address.'),
  token: secret()
    .refine(
      (token) => /^[A-Za-z0-9_-]{16,128}$/.test(token.reveal()),
      'a token is 16 to 128 letters, digits, dashes and underscores, such as `openssl rand -hex 16` makes',
    )
    .describe('The token that the snippet holds.'),
})

export type ProbeSettings = z.output<typeof probeSettings>

export interface Told {
  /** Reference under which a request from the address is denied. */
  readonly denied?: string
  /** What the server's list holds for it, denying or not. */
  readonly entry?: string
  /** Reference under which it is throttled. */
  readonly throttled?: string
}

const PATIENCE: Millis = 2 * SECOND
/** Questions at a time. */
const AT_ONCE = 8

/** Undefined when what answers is not the probe's location. Throws PROBE_DOWN when nothing answers. */
export const askStanding = (probe: ProbeSettings, ip: string, signal?: AbortSignal): Promise<Told | undefined> =>
  new Promise((resolve, reject) => {
    const url = new URL(probe.url)
    // As it is: servers compare what stands there, and do not decode %3A.
    url.search = `ip=${ip}`
    const call = (url.protocol === 'https:' ? secureRequest : request)(
      url,
      {
        // A connection that was kept would lead to a worker that drains, and knows the old list.
        agent: false,
        timeout: PATIENCE,
        headers: { ...(probe.host ? { host: probe.host } : {}), 'x-riposte-token': probe.token.reveal() },
        ...(signal ? { signal } : {}),
      },
      (answer) => {
        answer.resume()
        answer.on('error', () => undefined)
        resolve(toldBy(answer))
      },
    )
    call.on('timeout', () => call.destroy(new Error('no answer')))
    call.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Failure(
          'PROBE_DOWN',
          `the probe does not answer at ${url.host}${url.pathname} (${error.code ?? error.message})`,
          {
            retry: 'backoff',
            remedy: 'Check probe.url, and that the server runs.',
          },
        ),
      ),
    )
    call.end()
  })

const toldBy = ({ statusCode, headers }: IncomingMessage): Told | undefined => {
  const text = (name: string): string | undefined => {
    const value = headers[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const denied = statusCode === 403 ? text('x-riposte-reference') : undefined
  const entry = text('x-riposte-entry')
  const throttled = text('x-riposte-throttled')
  if (denied === undefined && text('x-riposte') !== 'standing') return undefined
  return { ...(denied ? { denied } : {}), ...(entry ? { entry } : {}), ...(throttled ? { throttled } : {}) }
}

/** For each address, in order; undefined where nothing answered that is to be believed. */
export const askStandings = async (
  probe: ProbeSettings,
  ips: readonly string[],
  signal?: AbortSignal,
): Promise<readonly (Told | undefined)[]> => {
  const told: (Told | undefined)[] = new Array(ips.length).fill(undefined)
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < ips.length; i = next++)
      told[i] = await askStanding(probe, ips[i]!, signal).catch(() => undefined)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, ips.length) }, worker))
  return told
}

/** An address to ask about; of a network the last one, because bans of single addresses are rarely there. */
export const addressIn = (value: string): string => {
  const { address, bits } = parseCidr(value)!
  const bytes = address.toByteArray().map((byte, i) => byte | (0xff >> Math.max(0, Math.min(8, bits - 8 * i))))
  return ipaddr.fromByteArray(bytes).toString()
}
