/**
 * The records of a list, name by name, as every server that we do not run ourselves is to hold them: an address of
 * 127.0.0.0/8 for the class of the attack, and the reference code as text (RFC 5782). Nothing that a client wrote is in
 * them.
 */
import { keyOfText, type NetworkKey, newKey } from '../core/network-key.ts'
import { NetworkTable } from '../core/network-table.ts'
import type { Millis } from '../core/time.ts'
import { nameOfKey } from './list-name.ts'
import type { ListTable } from './list-table.ts'
import { LISTED } from './rbl-codes.ts'
import { namesFor, zoneContent } from './zone-content.ts'

export interface ListRecord {
  /** Relative to the zone. */
  readonly name: string
  /** Last octet of 127.0.0.x. */
  readonly code: number
  /** Absent for the test entries. */
  readonly reference?: string
  /** Seconds. */
  readonly ttl: number
  /** Of the table, or -1. */
  readonly row: number
}

export interface RecordOptions {
  /** The longest, seconds. */
  readonly ttl: number
  readonly now: Millis
}

/** Most names that one network may take. */
const MOST_NAMES = 256

/** Why a name server's zone cannot hold this network; undefined when it can. */
export const zoneWithholds = (value: string): string | undefined => {
  const key = keyOfText(value)
  if (!key) return 'it is neither an address nor a network'
  // Short wildcards of IPv6 would speak for IPv4, whose names have four labels.
  if (value.includes(':') && key.bits <= 12) return 'in a zone an IPv6 network this wide would cover IPv4, too'
  const names = namesFor(key)
  return names > MOST_NAMES ? `in a zone it would take ${names} names` : undefined
}

/** The names as which a network is written when no other is near it; none for what is no network. */
export const namesOf = (value: string): readonly string[] => {
  const own = keyOfText(value)
  if (!own) return []
  const read = (_row: number, key: NetworkKey): void => {
    key.words.set(own.words)
    key.bits = own.bits
  }
  return Array.from(zoneContent({ rows: () => [0], read, find: () => 0 }), ({ key }) => nameOfKey(key))
}

/** What every list holds, so that one can see that it works: 127.0.0.2 and ::ffff:7f00:2 (RFC 5782 §5). */
export const testRecords = (ttl: number): readonly ListRecord[] =>
  ['2.0.0.127', `2.0.0.0.0.0.f.7.f.f.f.f${'.0'.repeat(20)}`].map((name) => ({ name, code: LISTED, ttl, row: -1 }))

/** Of all rows, or of some; the test entries are not among them. */
export function* listRecords(
  table: ListTable,
  { ttl, now }: RecordOptions,
  rows: Iterable<number> = table.rows(),
): IterableIterator<ListRecord> {
  const content = zoneContent({
    rows: () => rows,
    read: (row, key) => table.read(row, key),
    find: (key) => table.find(key),
  })
  for (const { key, row } of content)
    yield {
      name: nameOfKey(key),
      code: table.code(row),
      reference: table.reference(row),
      ttl: table.ttl(row, ttl, now),
      row,
    }
}

/** The rows whose records may change when some values come or go. */
export type Reach = (table: ListTable) => Iterable<number>

/**
 * To be asked before the change: a value reaches as far as the widest network around it, because names within a network
 * hide its wildcards.
 */
export const reachOf = (table: ListTable, values: Iterable<string>): Reach => {
  const reached = new NetworkTable()
  const key = newKey()
  let isNarrow = true
  for (const value of values) {
    if (!keyOfText(value, key)) continue
    const widest = table.widest(key)
    if (widest >= 0) table.read(widest, key)
    reached.insert(key)
    isNarrow &&= key.bits === 128
  }
  return function* rows(now) {
    const own = newKey()
    if (isNarrow) {
      for (const row of reached.rows()) {
        const found = now.find(reached.key(row, own))
        if (found >= 0) yield found
      }
      return
    }
    for (const row of now.rows()) {
      now.read(row, own)
      if (reached.longest(own) >= 0) yield row
    }
  }
}
