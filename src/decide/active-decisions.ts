/**
 * The decisions in force, at most one per scope and value. Kept in a state table, so that a commit holds exactly what
 * the room knows; a restart therefore goes on with the same ids whatever the clock says.
 */

import { overlaps } from '../core/cidr-set.ts'
import { type Decision, decisionKey } from '../core/decision.ts'
import { type Cidr, parseCidr, subjectOf } from '../core/ip.ts'
import { MINUTE, type Millis } from '../core/time.ts'
import type { StateSpace } from '../kit/state.ts'

/** Rows outlive their decision by this, so that a slightly late event sees the same whether or not a sweep came first. */
const GRACE: Millis = 10 * MINUTE

/** Clients remembered with the keys under which decisions on them may stand. */
const CACHE = 4096

export interface ActiveDecisions {
  /** Rows kept, those that have just ended included. */
  readonly size: number
  /** In force at `at`. An `at` slightly before its start counts as the start: the key is taken all the same. */
  get(key: string, at: Millis): Decision | undefined
  /** One that begins far ahead of `at`: a clock had jumped. It restrains nobody, and gives way to the next decision. */
  astray(key: string, at: Millis): Decision | undefined
  put(decision: Decision): void
  remove(decision: Decision): void
  all(at: Millis): readonly Decision[]
  /** Every decision in force that covers the address. */
  covering(clientIp: string, at: Millis): readonly Decision[]
  /** Every decision in force that shares an address with the network. */
  touching(cidr: Cidr, at: Millis): readonly Decision[]
  /** Learns anew which network sizes occur; after rows were restored behind our back. */
  reindex(): void
}

const NONE: readonly Decision[] = []

export const createActiveDecisions = (state: StateSpace): ActiveDecisions => {
  const table = state.table<Decision>('decisions')
  /** Prefix lengths of networks other than a client's own /64; empty on most machines. */
  const lengths = new Map<'v4' | 'v6', Set<number>>([
    ['v4', new Set()],
    ['v6', new Set()],
  ])
  const keysOf = new Map<string, readonly string[]>()

  const note = (decision: Decision) => {
    if (decision.scope !== 'Range') return
    const cidr = parseCidr(decision.value)
    if (!cidr || (cidr.bits === 64 && decision.value.includes(':'))) return
    const known = lengths.get(decision.value.includes(':') ? 'v6' : 'v4')!
    if (known.has(cidr.bits)) return
    known.add(cidr.bits)
    keysOf.clear()
  }

  /** Every record asks for them: reading an address anew each time would cost more than the look-ups. */
  const clientKeys = (ip: string): readonly string[] => {
    let keys = keysOf.get(ip)
    if (!keys) {
      const v6 = ip.includes(':')
      const wide = [...lengths.get(v6 ? 'v6' : 'v4')!].map((bits) => `Range ${parseCidr(`${ip}/${bits}`)?.text}`)
      keys = [...(v6 ? [`Range ${subjectOf(ip).value}`] : []), `Ip ${ip}`, ...wide]
      if (keysOf.size >= CACHE) keysOf.clear()
      keysOf.set(ip, keys)
    }
    return keys
  }

  const ledger: ActiveDecisions = {
    get size() {
      return table.size
    },
    get(key, at) {
      const decision = table.get(key, at)
      return decision && at < decision.until && decision.startsAt <= at + GRACE ? decision : undefined
    },
    astray(key, at) {
      const decision = table.get(key, at)
      return decision && decision.startsAt > at + GRACE ? decision : undefined
    },
    put(decision) {
      note(decision)
      table.put(decisionKey(decision), decision, decision.until + GRACE)
    },
    remove: (decision) => table.delete(decisionKey(decision)),
    all: (at) => [...table.entries(at)].flatMap(([, d]) => (at < d.until ? [d] : [])),
    covering(ip, at) {
      if (table.size === 0) return NONE
      let found = NONE
      for (const key of clientKeys(ip)) {
        const decision = ledger.get(key, at)
        if (decision) found = found.length === 0 ? [decision] : [...found, decision]
      }
      return found
    },
    touching: (cidr, at) =>
      ledger.all(at).filter((d) => {
        const own = parseCidr(d.value)
        return own !== undefined && overlaps(own, cidr)
      }),
    reindex() {
      for (const set of lengths.values()) set.clear()
      keysOf.clear()
      for (const [, decision] of table.entries(0)) note(decision)
    },
  }
  ledger.reindex()
  return ledger
}
