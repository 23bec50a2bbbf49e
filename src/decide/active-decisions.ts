/**
 * The decisions in force, at most one per network. A commit carries them as decisions; what a restart gives back is
 * exactly what the room knew, so that it goes on with the same ids whatever the clock says.
 */
import type { Decision, Origin } from '../core/decision.ts'
import type { Cidr } from '../core/ip.ts'
import { keyOf, keyOfText, type NetworkKey, newKey } from '../core/network-key.ts'
import { NetworkTable } from '../core/network-table.ts'
import { MINUTE, type Millis } from '../core/time.ts'
import type { DecisionTable } from '../kit/decision-table.ts'

/** Disorder that is taken for late logging. */
const LATE: Millis = 10 * MINUTE

/** Read one by one: a million of them at once would be half a gigabyte. */
export interface Decisions extends Iterable<Decision> {
  readonly count: number
}

export interface ActiveDecisions {
  /** Watches kept, those that have just ended included. */
  readonly watches: number
  /** In force at `at` on exactly this network. An `at` before its start counts as the start: the place is taken all the same. */
  get(value: string, at: Millis): Decision | undefined
  /** One of the engine's that begins far ahead of `at`: a clock had jumped. It restrains nobody, and gives way to the next. */
  astray(value: string, at: Millis): Decision | undefined
  /** Not yet over, astray or not. */
  on(value: string, at: Millis): Decision | undefined
  withId(id: string, at: Millis): Decision | undefined
  put(decision: Decision): void
  remove(decision: Decision): void
  all(at: Millis): Decisions
  /** True when an enforced one that does more than watch covers the address. */
  restrains(clientIp: string, at: Millis): boolean
  /** Those in force on networks wider than this one that contain it, the narrowest first. */
  around(cidr: Cidr, at: Millis): readonly Decision[]
  /** Those in force that share an address with any of the networks. */
  touching(networks: readonly Cidr[], at: Millis): readonly Decision[]
  /** Those in force on networks that `picks` takes. */
  picked(picks: (key: NetworkKey) => boolean, at: Millis): readonly Decision[]
  ofOrigin(origin: Origin, at: Millis): Decisions
  /** Drops what ended at `until` or before, of those origins. */
  forget(until: Millis, ofOrigin?: (origin: Origin) => boolean): void
  /** Goes on with what a restart gave back. */
  adopt(table: DecisionTable): void
}

export const createActiveDecisions = (first: DecisionTable): ActiveDecisions => {
  let table = first
  const key = newKey()

  const inForce = (row: number, at: Millis): boolean => at < table.until(row) && !isAstray(row, at)
  const isAstray = (row: number, at: Millis): boolean =>
    // People and lists decide by the clock, which the log may lag behind: a catching-up engine must not undo them.
    table.origin(row) === 'engine' && table.startsAt(row) > at + LATE

  const rowsUntil = function* (at: Millis, origin?: Origin): IterableIterator<number> {
    for (const row of table.rows())
      if (at < table.until(row) && (origin === undefined || table.origin(row) === origin)) yield row
  }
  const lazily = (rows: () => Iterable<number>): Decisions => ({
    get count() {
      let count = 0
      for (const _row of rows()) count++
      return count
    },
    [Symbol.iterator]: () => decisions(rows()),
  })
  const decisions = function* (rows: Iterable<number>): IterableIterator<Decision> {
    for (const row of rows) yield table.decision(row)
  }

  return {
    get watches() {
      return table.watches
    },
    get(value, at) {
      const row = table.find(value)
      return row >= 0 && inForce(row, at) ? table.decision(row) : undefined
    },
    astray(value, at) {
      const row = table.find(value)
      return row >= 0 && isAstray(row, at) ? table.decision(row) : undefined
    },
    on(value, at) {
      const row = table.find(value)
      return row >= 0 && at < table.until(row) ? table.decision(row) : undefined
    },
    withId(id, at) {
      const row = table.findId(id)
      return row >= 0 && at < table.until(row) ? table.decision(row) : undefined
    },
    put: (decision) => table.put(decision),
    remove(decision) {
      const row = table.find(decision.value)
      if (row >= 0) table.remove(row)
    },
    all: (at) => lazily(() => rowsUntil(at)),
    ofOrigin: (origin, at) => lazily(() => rowsUntil(at, origin)),
    restrains(ip, at) {
      if (table.size === 0 || !keyOfText(ip, key)) return false
      for (const row of table.around(key))
        if (
          at < table.until(row) &&
          table.startsAt(row) <= at + LATE &&
          !table.isSimulated(row) &&
          table.type(row) !== 'watch'
        )
          return true
      return false
    },
    around(cidr, at) {
      keyOf(cidr, key)
      const own = table.find(cidr.text)
      const rows = table.around(key).filter((row) => row !== own && inForce(row, at))
      return [...decisions(rows)]
    },
    touching(networks, at) {
      const asked = new NetworkTable()
      const found = new Set<number>()
      for (const cidr of networks) {
        asked.insert(keyOf(cidr, key))
        for (const row of table.around(key)) if (at < table.until(row)) found.add(row)
      }
      // One look at every row, however many networks are asked; none when all are single addresses.
      if (networks.some((cidr) => keyOf(cidr, key).bits < 128))
        for (const row of rowsUntil(at)) if (asked.longest(table.key(row, key)) >= 0) found.add(row)
      return [...decisions(found)]
    },
    picked(picks, at) {
      const rows: number[] = []
      for (const row of rowsUntil(at)) if (picks(table.key(row, key))) rows.push(row)
      return [...decisions(rows)]
    },
    forget: (until, ofOrigin) => table.forget(until, ofOrigin),
    adopt(next) {
      table = next
    },
  }
}
