/**
 * A list written out as a zone, for those who copy it. In: the index, which answers "what is the longest network around
 * this address". Out: names and wildcards that make an ordinary name server answer the same.
 *
 * Three things stand between the one and the other. A wildcard covers whole labels, so a /20 becomes sixteen of them. It
 * stops at any name that exists (RFC 4592 §2.2.1): with `*.0.203` and `5.113.0.203` there is a node `113.0.203`, and
 * `6.113.0.203` would be found nowhere. Such nodes get a wildcard of their own. And it knows no families: see `isShared`.
 */
import { isV4, type NetworkKey, newKey } from '../core/network-key.ts'
import { NetworkTable } from '../core/network-table.ts'
import { firstBit, labelBits } from './reverse-name.ts'

/** A list as it is seen here: rows by number, each of them a network. */
export interface ZoneIndex {
  /** The rows whose names are wanted. */
  rows(): Iterable<number>
  /** Writes the row's network into `key`. */
  read(row: number, key: NetworkKey): void
  /** The row of the longest network around the key's; or -1. */
  find(key: NetworkKey): number
}

export interface Listed {
  /** Ends at a label; the same object every time. */
  readonly key: NetworkKey
  /** The row that answers for it. */
  row: number
}

const copy = (from: NetworkKey, to: NetworkKey, bits: number): NetworkKey => {
  for (let i = 0; i < 4; i++) {
    const own = Math.max(0, Math.min(32, bits - 32 * i))
    to.words[i] = own === 0 ? 0 : (from.words[i]! & (0xffffffff << (32 - own))) >>> 0
  }
  to.bits = bits
  return to
}

/** The prefix length that a network of `bits` has when it is cut at a label. */
const wholeLabels = (key: NetworkKey, bits: number): number => {
  const first = firstBit(key)
  return first + Math.ceil((bits - first) / labelBits(key)) * labelBits(key)
}

/**
 * Whether a wildcard there would speak for the other family, too: `*.4.2` is 2.4.0.0/16 and also 2400::/8, for octets
 * of one digit look like nibbles. Only within 2000::/3 has IPv6 addresses that somebody could come from.
 */
const isShared = (key: NetworkKey): boolean => {
  if (!isV4(key) || key.bits === 96 || key.bits === 128) return false
  for (let bit = 96; bit < key.bits; bit += 8) if (octetAt(key, bit) > 9) return false
  return octetAt(key, 96) === 2 || octetAt(key, 96) === 3
}

const octetAt = ({ words }: NetworkKey, bit: number): number => (words[3]! >>> (120 - bit)) & 255

/** The networks as which one is written: whole labels, and none that would be shared. The same object every time. */
function* partsOf(network: NetworkKey, end: number, part: NetworkKey = newKey()): IterableIterator<NetworkKey> {
  const count = 2 ** (end - network.bits)
  for (let n = 0; n < count; n++) {
    copy(network, part, network.bits)
    part.bits = end
    if (end > 0) part.words[(end - 1) >> 5]! |= n << (31 - ((end - 1) & 31))
    if (isShared(part)) yield* partsOf(copy(part, newKey(), end), end + labelBits(part))
    else yield part
  }
}

/** How many names stand for a network that no other lies in. */
export const namesFor = (network: NetworkKey): number => {
  let names = 0
  for (const _ of partsOf(network, wholeLabels(network, network.bits))) names++
  return names
}

/** Whether the node, which lies within the network, is one of the names as which the network is written. */
const isPartOf = (node: NetworkKey, network: NetworkKey): boolean => {
  const end = wholeLabels(network, network.bits)
  return node.bits <= end || isShared(node) || isShared(copy(node, newKey(), node.bits - labelBits(node)))
}

/** Every name once; needs memory only for networks within networks. */
export function* zoneContent(index: ZoneIndex): IterableIterator<Listed> {
  const own = newKey()
  const above = newKey()
  const outer = newKey()
  const listed = { key: newKey(), row: -1 }
  const filled = new NetworkTable()
  for (const row of index.rows()) {
    index.read(row, own)
    for (const part of partsOf(own, wholeLabels(own, own.bits))) {
      // A narrower network within this one speaks for itself.
      if (index.find(part) !== row) continue
      copy(part, listed.key, part.bits)
      listed.row = row
      yield listed
      const step = labelBits(own)
      for (let bits = part.bits - step; bits >= firstBit(own); bits -= step) {
        copy(part, above, bits)
        const around = index.find(above)
        if (around < 0) break
        index.read(around, outer)
        if (isPartOf(above, outer) || filled.find(above) >= 0) continue
        filled.insert(above)
        copy(above, listed.key, bits)
        listed.row = around
        yield listed
      }
    }
  }
}
