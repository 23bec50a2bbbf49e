/**
 * A list as data files of rbldnsd, whose longest-match tries (`ip4trie`, `ip6trie`) hold every network as it is. In: the
 * table of a list. Out: lines. Texts are reference codes, so nothing in them is a variable (`$`) or a comment of rbldnsd's.
 */
import type { Millis } from '../core/time.ts'
import type { ListTable } from './list-table.ts'
import { LISTED } from './rbl-codes.ts'
import { SOA_TIMES, WRITTEN_BY } from './zone-text.ts'

export type Family = 'ip4' | 'ip6'

export interface DataHead {
  readonly nameServer: string
  readonly serial: number
  /** Seconds. */
  readonly ttl: number
  readonly negativeTtl: number
}

/** The test entry of a family (RFC 5782 §5). */
const TEST: Readonly<Record<Family, string>> = { ip4: '127.0.0.2', ip6: '::ffff:7f00:2' }

/** What a zone needs once, in the first of its files. */
export function* headLines({ nameServer, serial, ttl, negativeTtl }: DataHead): IterableIterator<string> {
  const { refresh, retry, expire } = SOA_TIMES
  yield `$SOA ${ttl} ${nameServer} hostmaster.${nameServer} ${serial} ${refresh} ${retry} ${expire} ${negativeTtl}`
  yield `$NS ${ttl} ${nameServer}`
}

/** The serial of a file that `headLines` began, from its first lines; undefined when it is none. */
export const serialOfDataText = (text: string): number | undefined => {
  const serial = Number(/^\$SOA \d+ \S+ \S+ (\d{1,10}) /m.exec(text)?.[1])
  return Number.isInteger(serial) && serial <= 0xffffffff ? serial : undefined
}

/** In the form that rbldnsd reads, UTC, whole seconds. */
const moment = (at: Millis): string => new Date(at).toISOString().slice(0, 19).replace(/[-T]/g, ':')

/** `until`: from when on rbldnsd answers SERVFAIL unless the file was written anew. */
export function* dataLines(table: ListTable, family: Family, ttl: number, until?: Millis): IterableIterator<string> {
  yield `# ${WRITTEN_BY}`
  if (until !== undefined) yield `$TIMESTAMP - ${moment(until)}`
  yield `$TTL ${ttl}`
  yield `${TEST[family]} :127.0.0.${LISTED}:`
  for (const row of table.rows()) {
    const value = table.value(row)
    if (value.includes(':') === (family === 'ip6')) yield `${value} :127.0.0.${table.code(row)}:${table.reference(row)}`
  }
}

/** Both families in one file, of the type `combined`. */
export function* combinedLines(head: DataHead, table: ListTable): IterableIterator<string> {
  yield* headLines(head)
  for (const family of ['ip4', 'ip6'] as const) {
    yield `$DATASET ${family}trie:${family} @`
    yield* dataLines(table, family, head.ttl)
  }
}
