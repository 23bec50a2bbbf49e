/** A live question, `GET /v1/decisions`: the entries that it is about, before the filters. */
import { REMEDIATIONS } from '../../core/decision.ts'
import { type Cidr, inCidr, parseCidr } from '../../core/ip.ts'
import type { Millis } from '../../core/time.ts'
import type { Roster } from '../../kit/roster.ts'
import type { Entry } from '../../kit/sink.ts'
import { parameter, type Query } from './filter.ts'

const strongestFirst = (a: Entry, b: Entry): number => REMEDIATIONS.indexOf(b.type) - REMEDIATIONS.indexOf(a.type)

/**
 * Undefined when the question cannot be read: never everything, since whoever gets an answer for an address bans it.
 * `ip` and `range` ask for the decisions that hold the address or network, with `contains=false` for those within it.
 * The strongest comes first, because clients look at the first only.
 */
export const askedFor = (query: Query, roster: Roster, at: Millis): Iterable<Entry> | undefined => {
  const network = parameter(query, 'ip') ?? parameter(query, 'range')
  const value = parameter(query, 'value')
  const contains = parameter(query, 'contains') ?? 'true'
  if (contains !== 'true' && contains !== 'false') return undefined
  if (network === undefined) {
    if (value === undefined) return roster.active()
    const exact = roster.get(value)
    return exact ? [exact] : []
  }
  const cidr = parseCidr(network)
  if (!cidr) return undefined
  return contains === 'true' ? [...roster.holding(cidr.text, at)].sort(strongestFirst) : within(cidr, roster)
}

function* within(cidr: Cidr, roster: Roster): Generator<Entry> {
  for (const entry of roster.active()) {
    const inner = parseCidr(entry.value)
    if (inner && inner.bits >= cidr.bits && inCidr(inner.address, cidr)) yield entry
  }
}
