/**
 * The list as the zone is to hold it, and how that differs from what was told before or from what BIND really holds. In:
 * the hub's changes. Out: names with their records.
 */
import { parseCidr } from '../../core/ip.ts'
import { keyOf } from '../../core/network-key.ts'
import type { Millis } from '../../core/time.ts'
import { networkOfName } from '../../dns/list-name.ts'
import { type ListRecord, listRecords, namesOf, reachOf, testRecords } from '../../dns/list-records.ts'
import type { ListTable } from '../../dns/list-table.ts'
import type { Change } from '../../kit/sink.ts'
import type { Held } from './transfer.ts'
import type { Changes } from './updater.ts'

type Delta = Extract<Change, { kind: 'delta' }>
type Snapshot = Extract<Change, { kind: 'snapshot' }>

export interface Found {
  /** Values that the zone holds as it should, and those that it should not hold. */
  readonly values: ReadonlySet<string>
  /** Something that no value stands for: only a comparison of the whole zone can repair it. */
  readonly isOdd: boolean
  readonly isEqual: boolean
}

const isSame = (held: Held | undefined, { code, reference, ttl }: ListRecord, withTtl: boolean): boolean =>
  held !== undefined &&
  held.addresses.length === 1 &&
  held.addresses[0] === `127.0.0.${code}` &&
  held.texts.length === (reference === undefined ? 0 : 1) &&
  held.texts[0] === reference &&
  (!withTtl || held.ttl === ttl)

/** `ttl`: seconds. */
export const createZoneList = (table: ListTable, ttl: number) => {
  const all = function* (now: Millis): IterableIterator<ListRecord> {
    yield* testRecords(ttl)
    yield* listRecords(table, { ttl, now })
  }

  return {
    all,

    replace({ entries, allow }: Snapshot): void {
      table.clear()
      table.spare(allow)
      for (const entry of entries) table.put(entry)
    },

    /** What is to be sent; everything about what was added, for the zone may have lost it. */
    change({ added, removed, allow }: Delta, now: Millis): Changes {
      const gone = [...removed.map(({ value }) => value), ...(allow ? table.spare(allow) : [])]
      const values = new Set([...gone, ...added.map(({ value }) => value)])
      const reach = reachOf(table, values)
      const options = { ttl, now }
      const before = new Map<string, ListRecord>()
      for (const record of listRecords(table, options, [...reach(table)])) before.set(record.name, record)
      for (const value of gone) table.remove(value)
      const rows = new Set<number>()
      for (const entry of added) if (table.put(entry)) rows.add(table.rowOf(entry.value))
      const changes = new Map<string, ListRecord | undefined>()
      for (const name of before.keys()) changes.set(name, undefined)
      for (const value of values) for (const name of namesOf(value)) changes.set(name, undefined)
      for (const record of listRecords(table, options, [...reach(table)])) {
        const old = before.get(record.name)
        const isUnchanged = old?.code === record.code && old.reference === record.reference && old.ttl === record.ttl
        if (isUnchanged && !rows.has(record.row)) changes.delete(record.name)
        else changes.set(record.name, record)
      }
      return changes
    },

    /** What makes the zone equal to the list. */
    difference(held: ReadonlyMap<string, Held>, now: Millis): Changes {
      const changes = new Map<string, ListRecord | undefined>()
      for (const name of held.keys()) changes.set(name, undefined)
      for (const record of all(now))
        if (isSame(held.get(record.name), record, true)) changes.delete(record.name)
        else changes.set(record.name, record)
      return changes
    },

    compare(held: ReadonlyMap<string, Held>, now: Millis): Found {
      const surplus = new Set(held.keys())
      const wrong = new Set<number>()
      for (const record of all(now)) {
        surplus.delete(record.name)
        if (!isSame(held.get(record.name), record, false)) wrong.add(record.row)
      }
      let isOdd = wrong.has(-1)
      const values = new Set<string>()
      for (const row of table.rows()) if (!wrong.has(row)) values.add(table.value(row))
      for (const name of surplus) {
        const value = networkOfName(name)
        const isPlain = value !== undefined && table.rowOf(value) < 0 && namesOf(value).join() === name
        if (isPlain) values.add(value)
        else isOdd = true
      }
      return { values, isOdd, isEqual: wrong.size === 0 && surplus.size === 0 }
    },

    values: (): ReadonlySet<string> => new Set(Array.from(table.rows(), (row) => table.value(row))),

    holds: (value: string): boolean => table.rowOf(value) >= 0,

    /** The reference that the address answers with, when everything is right; undefined when it is not listed. */
    answerFor(address: string): string | undefined {
      const cidr = parseCidr(address)
      const row = cidr ? table.find(keyOf(cidr)) : -1
      return row < 0 ? undefined : table.reference(row)
    },
  }
}

export type ZoneList = ReturnType<typeof createZoneList>
