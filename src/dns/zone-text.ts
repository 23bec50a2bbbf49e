/**
 * A list as a zone file (RFC 1035 §5). In: records of a list. Out: lines. Nothing in them needs escaping: names are
 * digits, nibbles and `*`, texts are reference codes.
 */
import type { ListRecord } from './list-records.ts'

export interface ZoneHead {
  /** Without the last dot; absent: the names are left relative to wherever the file is loaded. */
  readonly zone?: string
  readonly nameServer: string
  readonly serial: number
  /** Seconds. */
  readonly ttl: number
  readonly negativeTtl: number
}

/** Seconds: how often secondaries ask, ask again after a failure, and for how long they answer without the primary. */
export const SOA_TIMES = { refresh: 60, retry: 30, expire: 86_400 } as const

export const WRITTEN_BY = 'Written by Riposte, which overwrites it. To ban or unban: riposte decisions.'

export function* zoneLines(head: ZoneHead, records: Iterable<ListRecord>): IterableIterator<string> {
  const { zone, nameServer, serial, ttl, negativeTtl } = head
  const { refresh, retry, expire } = SOA_TIMES
  yield `; ${WRITTEN_BY}`
  if (zone !== undefined) yield `$ORIGIN ${zone}.`
  yield `$TTL ${ttl}`
  yield `@ IN SOA ${nameServer}. hostmaster.${nameServer}. ${serial} ${refresh} ${retry} ${expire} ${negativeTtl}`
  yield `@ IN NS ${nameServer}.`
  for (const { name, ttl: own, code, reference } of records) {
    yield `${name} ${own} IN A 127.0.0.${code}`
    if (reference !== undefined) yield `${name} ${own} IN TXT "${reference}"`
  }
}

/** The serial of a file that `zoneLines` wrote, from its first lines; undefined when it is none. */
export const serialOfZoneText = (text: string): number | undefined => {
  const serial = Number(/^@ IN SOA \S+ \S+ (\d{1,10}) /m.exec(text)?.[1])
  return Number.isInteger(serial) && serial <= 0xffffffff ? serial : undefined
}
