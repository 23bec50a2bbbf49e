/**
 * The decisions in force, at most one per scope and value. Kept in a state table, so that a commit holds exactly what
 * the room knows; a restart therefore goes on with the same ids whatever the clock says.
 */
import { type Decision, decisionKey } from '../core/decision.ts'
import { type Cidr, parseCidr, subjectOf } from '../core/ip.ts'
import { MINUTE, type Millis } from '../core/time.ts'
import type { StateSpace } from '../kit/state.ts'
import { overlaps } from './cidr-set.ts'

/** Rows outlive their decision by this, so that a slightly late event sees the same whether or not a sweep came first. */
const GRACE: Millis = 10 * MINUTE

/** IPv6 clients remembered with the keys under which decisions on them may stand. */
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
  /** Prefix lengths of networks other than a client's own /64; empty on most machines, so that a look-up costs one map access. */
  const lengths = new Map<'v4' | 'v6', Set<number>>([
    ['v4', new Set()],
    ['v6', new Set()],
  ])
  const keysOf = new Map<string, readonly string[]>()

  const note = (decision: Decision) => {
    if (decision.scope !== 'Range') return
    const cidr = parseCidr(decision.value)
    if (cidr && !(cidr.bits === 64 && decision.value.includes(':')))
      lengths.get(decision.value.includes(':') ? 'v6' : 'v4')!.add(cidr.bits)
  }

  const clientKeys = (ip: string): readonly string[] => {
    if (!ip.includes(':')) return [`Ip ${ip}`]
    let keys = keysOf.get(ip)
    if (!keys) {
      keys = [`Range ${subjectOf(ip).value}`, `Ip ${ip}`]
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
      let found: Decision[] | undefined
      const add = (key: string) => {
        const decision = ledger.get(key, at)
        if (decision && !found?.includes(decision)) found = [...(found ?? []), decision]
      }
      for (const key of clientKeys(ip)) add(key)
      for (const bits of lengths.get(ip.includes(':') ? 'v6' : 'v4')!) add(`Range ${parseCidr(`${ip}/${bits}`)?.text}`)
      return found ?? NONE
    },
    touching: (cidr, at) =>
      ledger.all(at).filter((d) => {
        const own = parseCidr(d.value)
        return own !== undefined && overlaps(own, cidr)
      }),
    reindex() {
      for (const set of lengths.values()) set.clear()
      for (const [, decision] of table.entries(0)) note(decision)
    },
  }
  ledger.reindex()
  return ledger
}
