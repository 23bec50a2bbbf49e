/**
 * Sends the canaries: to each sensor's site, so often, a signed request that its WAF takes for an attack; and follows
 * each from the answer over the log, the decision and every point. What it finds silent becomes a finding.
 */
import { randomBytes } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { createRounds } from '../canary/rounds.ts'
import { canaryTarget } from '../canary/token.ts'
import { type Millis, SECOND } from '../core/time.ts'
import type { Commit } from '../kit/store.ts'
import { canarySensors } from './canary-sensors.ts'
import type { Config, SensorConfig } from './config/schema.ts'
import type { Enforcing } from './enforcement.ts'
import type { House } from './house.ts'

type Canary = NonNullable<SensorConfig['canary']>

const PATIENCE: Millis = 5 * SECOND

export interface Canaries {
  committed(commit: Commit): void
  stop(): void
}

export const startCanaries = (config: Config, { canary: { ear, key } }: House, enforcing: Enforcing): Canaries => {
  const lasts = new Map(canarySensors(config).map((sensor) => [sensor.id, sensor.lasts]))
  const rounds = createRounds({ finding: enforcing.tell, wasUnmatched: ear.wasUnmatched })
  const unhear = enforcing.proofs.onStep((proof) => rounds.step(proof))
  const timers: NodeJS.Timeout[] = [setInterval(() => rounds.tick(Date.now()), SECOND)]
  const stopping = new AbortController()

  const send = (sensor: string, { url, address }: Canary): void => {
    const at = Date.now()
    const nonce = randomBytes(6).toString('hex')
    rounds.sent(sensor, nonce, at, at + lasts.get(sensor)!)
    const target = canaryTarget(new URL(url).pathname.replace(/\/$/, ''), { sensor, sentAt: at, nonce }, key)
    void ask(new URL(target, url), address, stopping.signal).then((how) => rounds.answered(nonce, how))
  }
  for (const { id, canary } of config.sensors)
    if (canary) timers.push(setInterval(() => send(id, canary), canary.every))

  return {
    committed({ decisions }) {
      for (const { id, origin, simulated } of decisions) if (origin === 'canary') rounds.decided(id, !simulated)
    },
    stop() {
      for (const timer of timers) clearInterval(timer)
      stopping.abort()
      unhear()
    },
  }
}

/** The status code, or what kept one from coming. */
const ask = (url: URL, address: Canary['address'], signal: AbortSignal): Promise<number | string> =>
  new Promise((resolve) => {
    const call = (url.protocol === 'https:' ? secureRequest : request)(
      {
        host: address?.host ?? url.hostname.replace(/^\[|\]$/g, ''),
        port: address?.port ?? (url.port || (url.protocol === 'https:' ? 443 : 80)),
        path: `${url.pathname}${url.search}`,
        servername: /^[\d.]+$|:/.test(url.hostname) ? '' : url.hostname,
        headers: { host: url.host, 'user-agent': 'riposte-canary' },
        agent: false,
        timeout: PATIENCE,
        signal,
      },
      (answer: IncomingMessage) => {
        resolve(answer.statusCode ?? 'no status')
        answer.destroy()
      },
    )
    call.on('timeout', () => call.destroy(new Error('no answer in time')))
    call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    call.end()
  })
