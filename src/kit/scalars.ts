/**
 * The scalar kinds of the configuration: text in YAML, a ready value in the program. Each carries `kind` in its
 * metadata, the word by which the reference page and the JSON Schema call it.
 */
import { z } from 'zod'
import { canonicalDomain } from '../core/domain-name.ts'
import { parseDuration } from '../core/duration.ts'
import type { Failure } from '../core/failure.ts'
import { type Cidr, parseCidr } from '../core/ip.ts'
import type { Millis } from '../core/time.ts'
import { Secret, secretUrl } from './secret.ts'
import { isSigningSecret, NO_SIGNING_SECRET } from './standard-webhooks.ts'
import { isZone } from './zone.ts'

interface Wrong {
  readonly message: string
  readonly remedy: string
}

const wrong = (value: string, what: string, remedy: string): Wrong => ({
  message: `${JSON.stringify(value)} is not ${what}`,
  remedy,
})

/** A string schema whose output is what `read` makes of it; `read` throws or returns undefined for what it cannot read. */
const text = <Out>(kind: string, examples: readonly string[], read: (value: string) => Out | Wrong) =>
  z
    .string()
    .transform((value, context): Out => {
      const out = read(value)
      if (out !== null && typeof out === 'object' && 'remedy' in out) {
        context.issues.push({ code: 'custom', message: out.message, params: { remedy: out.remedy }, input: value })
        return z.NEVER
      }
      return out as Out
    })
    .meta({ kind, examples: [...examples] })

/** Milliseconds, from `90s`, `4h`, `7d`. */
export const duration = () =>
  text<Millis>('duration', ['90s', '4h', '7d'], (value) => {
    try {
      return parseDuration(value)
    } catch (error) {
      const failure = error as Failure
      return { message: failure.message, remedy: failure.remedy ?? '' }
    }
  })

const SIZES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  ki: 1024,
  m: 1e6,
  mi: 1024 ** 2,
  g: 1e9,
  gi: 1024 ** 3,
  t: 1e12,
  ti: 1024 ** 4,
}

/** Bytes from `200MB` (decimal) or `1MiB` (binary); undefined when the text is no size. */
export const parseSize = (value: string): number | undefined => {
  const parts = /^(\d{1,12})(\.\d{1,6})? ?([kmgt]?i?)b?$/i.exec(value.trim())
  const unit = parts && SIZES[parts[3]!.toLowerCase()]
  if (!unit) return undefined
  const bytes = Math.round(Number(parts[1]! + (parts[2] ?? '')) * unit)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Bytes, from `200MB`, `1MiB`, `64KiB`. */
export const size = (min: number, minText: string) =>
  text<number>('size', ['200MB', '1MiB'], (value) => {
    const bytes = parseSize(value)
    if (bytes === undefined)
      return wrong(
        value,
        'a size',
        'Write a number and a unit, such as 64KiB, 200MB or 2GiB (MB counts in thousands, MiB in 1024s).',
      )
    if (bytes < min) return { message: `${value} is too small`, remedy: `Write at least ${minText}.` }
    return bytes
  })

/** A network; a plain address is a network of one. */
export const cidr = () =>
  text<Cidr>('network', ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7'], (value) => {
    const parsed = parseCidr(value.trim())
    return parsed ?? wrong(value, 'an address or network', networkRemedy(value.trim()))
  })

const networkRemedy = (value: string): string => {
  const bits = /^(.*)\/(\d+)$/.exec(value)
  if (bits && parseCidr(bits[1]!)) {
    const width = bits[1]!.includes(':') ? 128 : 32
    return `The prefix length of an ${width === 32 ? 'IPv4' : 'IPv6'} network is 0 to ${width}.`
  }
  return 'Write an address such as 192.0.2.7 or a network such as 192.0.2.0/24 or 2001:db8::/32.'
}

/** A domain name, lower case and without the last dot. */
export const domainName = () =>
  text<string>(
    'domain name',
    ['bl.example.net'],
    (value) =>
      canonicalDomain(value) ??
      wrong(value, 'a domain name', 'Write labels of letters, digits and dashes, such as bl.example.net.'),
  )

/** An IANA zone name or a fixed offset. */
export const timezone = () =>
  text<string>('time zone', ['UTC', 'Europe/Berlin', '+02:00'], (value) =>
    isZone(value)
      ? value
      : wrong(value, 'a time zone', 'Write UTC, a name such as Europe/Berlin, or an offset such as +02:00.'),
  )

/** Where the state lives; the value is kept as a `Secret` because a URL may carry a password. */
export const stateUrl = () =>
  text('path or URL', ['/var/lib/riposte/riposte.db', 'postgres://riposte@db.example.net/riposte'], (value) => {
    if (value.trim() === '') return wrong(value, 'a place for the state', 'Write a file path or a postgres:// URL.')
    const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(value)?.[1]?.toLowerCase()
    if (scheme && !['sqlite', 'postgres', 'postgresql'].includes(scheme))
      return {
        message: 'the state cannot live at a URL of this kind',
        remedy: 'Write a file path, sqlite:PATH or a postgres:// URL.',
      }
    return secretUrl(value)
  })

/** A value that must not be seen. Its key has a twin, `key_file`, that names a file which holds it. */
export const secret = () => text<Secret>('secret', ['from-a-password-manager'], (value) => new Secret(value))

/** A secret by which webhooks are signed. What is none would be a key that anybody can guess. */
export const signingSecret = () =>
  text<Secret>('secret', ['whsec_…'], (value) => (isSigningSecret(value) ? new Secret(value) : NO_SIGNING_SECRET))

/** A file or folder; relative ones count from the folder of the configuration. */
export const path = () => z.string().min(1).meta({ kind: 'path' })

/** A command and its arguments. It is run as it stands, without a shell. */
export const argv = () => z.array(z.string().min(1)).min(1)

/** `127.0.0.1:8080`, `[::1]:53`, or a bare address or port with the rest as the default has it. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Host and port of `192.0.2.1:53`, `[2001:db8::1]:53`, `ns.example.net:53`; undefined when the text is none. */
export const parseEndpoint = (value: string): Endpoint | undefined => {
  const parts = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/.exec(value.trim())
  const port = parts ? Number(parts[3]) : -1
  return parts && port <= 65535 ? { host: (parts[1] ?? parts[2])!, port } : undefined
}

export const endpoint = () =>
  text<Endpoint>(
    'address and port',
    ['127.0.0.1:8080', '[::1]:53'],
    (value) =>
      parseEndpoint(value) ??
      wrong(value, 'an address and port', 'Write 127.0.0.1:8080, [::1]:8080 or host.example.net:53.'),
  )
