/** A decision as bouncers read it: CrowdSec's LAPI, `models/decision`. Every field present, durations whole seconds. */
import { canonicalIp, parseCidr } from '../../core/ip.ts'
import { referenceOf } from '../../core/reference.ts'
import { type Millis, SECOND } from '../../core/time.ts'
import type { Entry } from '../../kit/sink.ts'
import type { Dialect } from './dialect.ts'

export interface LapiDecision {
  readonly id: number
  readonly uuid: string
  readonly origin: string
  readonly type: string
  readonly scope: 'Ip' | 'Range'
  readonly value: string
  readonly duration: string
  readonly scenario: string
}

/**
 * Go's notation in whole seconds, at least one: `3h59m59s`. A fraction or a sign makes the lua bouncer keep the entry
 * for ever, zero makes the firewall bouncer do so.
 */
export const goDuration = (millis: Millis): string => {
  const seconds = Math.max(1, Math.ceil(millis / SECOND))
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return h > 0 ? `${h}h${m}m${s}s` : m > 0 ? `${m}m${s}s` : `${s}s`
}

/** 48 bits of the decision's id: stable, positive, exact in every client's number type. */
const numberOf = (id: string): number => Number.parseInt(id.slice(2, 14), 16)

const uuidOf = (id: string): string => {
  const hex = `${id.slice(2)}00000000`
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Few words: the firewall bouncer makes a set per origin, and dashboards know these three. */
export const lapiOrigin = (origin: string): string =>
  origin === 'cli' ? 'cscli' : origin.startsWith('feed:') ? 'lists' : 'crowdsec'

export const lapiScenario = (entry: Entry): string => `riposte/${entry.scenario} ${referenceOf(entry.id)}`

/** Of a network as many single addresses as a client without ranges is given. */
export const EXPANDED = 16

/** The values under which this client can hold the entry; empty when it cannot. */
export const valuesFor = (entry: Entry, dialect: Dialect): readonly string[] => {
  if (dialect.ranges || !entry.value.includes('/')) return [entry.value]
  const cidr = parseCidr(entry.value)
  if (!cidr) return []
  const bytes = cidr.address.toByteArray()
  const count = 2 ** (8 * bytes.length - cidr.bits)
  return count > EXPANDED
    ? []
    : Array.from({ length: count }, (_, i) => textOf([...bytes.slice(0, -1), bytes.at(-1)! + i]))
}

const textOf = (bytes: readonly number[]): string =>
  bytes.length === 4
    ? bytes.join('.')
    : canonicalIp(
        Buffer.from(bytes)
          .toString('hex')
          .replace(/.{4}(?=.)/g, '$&:'),
      )!

export const lapiDecisions = (entry: Entry, dialect: Dialect, duration: string): readonly LapiDecision[] =>
  valuesFor(entry, dialect).map((value) => ({
    id: numberOf(entry.id),
    uuid: uuidOf(entry.id),
    origin: lapiOrigin(entry.origin),
    type: entry.type,
    scope: value.includes('/') ? 'Range' : 'Ip',
    value,
    duration,
    scenario: lapiScenario(entry),
  }))
