/**
 * A list as a response policy zone (draft-vixie-dnsop-dns-rpz), as BIND, Knot Resolver and Unbound read them. It steers
 * resolvers: a name that leads to a listed address is answered as not existing, so our own hosts do not get there. It
 * denies no visitor of a web server.
 */
import { parseCidr } from '../core/ip.ts'
import type { ListTable } from './list-table.ts'
import { type ZoneHead, zoneLines } from './zone-text.ts'

/** `32.7.113.0.203` and `64.zz.2.1.db8.2001`: the prefix length, then the address backwards. */
export const rpzName = (value: string): string => {
  const { address, bits } = parseCidr(value)!
  if (address.kind() === 'ipv4') return [bits, ...address.toByteArray().toReversed()].join('.')
  // RFC 5952 shortens the longest run of zeros, and only runs: just what `zz` stands for.
  const text = value.split('/')[0]!
  const [front, back] = text.split('::') as [string, string | undefined]
  const groups = (part: string): readonly string[] => (part === '' ? [] : part.split(':'))
  const words = back === undefined ? groups(front) : [...groups(front), 'zz', ...groups(back)]
  return [bits, ...words.toReversed()].join('.')
}

export function* rpzLines(head: ZoneHead, table: ListTable): IterableIterator<string> {
  yield '; A response policy zone. It keeps clients of a resolver from names that lead to these addresses.'
  yield '; It denies no visitor of a web server: that is what the formats bind and rbldnsd are for.'
  yield* zoneLines(head, [])
  for (const row of table.rows()) yield `${rpzName(table.value(row))}.rpz-ip CNAME .`
}
