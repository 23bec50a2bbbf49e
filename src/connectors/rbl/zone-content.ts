/**
 * A list written out as a zone, for those who copy it. In: the index, which answers "what is the longest network around
 * this address". Out: names and wildcards that make an ordinary name server answer the same.
 *
 * Two things stand between the one and the other. A wildcard covers whole labels, so a /20 becomes sixteen of them. And
 * a wildcard stops at any name that exists (RFC 4592 §2.2.1): with `*.0.203` and `5.113.0.203` there is a node
 * `113.0.203`, and `6.113.0.203` would be found nowhere. Such nodes get a wildcard of their own.
 */
import { type NetworkKey, NetworkTable, newKey } from '../../core/network-table.ts'
import { firstBit, labelBits } from '../../dns/reverse-name.ts'
import type { IndexTable } from './index-table.ts'

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

/** Every name once. `types` and `seconds` as for `IndexTable.find`; needs memory only for networks within networks. */
export function* zoneContent(index: IndexTable, types: number, seconds: number): IterableIterator<Listed> {
  const own = newKey()
  const above = newKey()
  const outer = newKey()
  const listed = { key: newKey(), row: -1 }
  const filled = new NetworkTable()
  for (const row of index.rows(types, seconds)) {
    index.read(row, own)
    const end = wholeLabels(own, own.bits)
    const parts = 2 ** (end - own.bits)
    for (let part = 0; part < parts; part++) {
      const { key } = listed
      copy(own, key, own.bits)
      key.bits = end
      if (end > 0) key.words[(end - 1) >> 5]! |= part << (31 - ((end - 1) & 31))
      // A narrower network within this one speaks for itself.
      if (index.find(key, types, seconds) !== row) continue
      listed.row = row
      yield listed
      const step = labelBits(own)
      const inner = copy(key, newKey(), end)
      for (let bits = end - step; bits >= firstBit(own); bits -= step) {
        copy(inner, above, bits)
        const around = index.find(above, types, seconds)
        if (around < 0) break
        index.read(around, outer)
        if (wholeLabels(outer, outer.bits) >= bits || filled.find(above) >= 0) continue
        filled.insert(above)
        copy(above, key, bits)
        listed.row = around
        yield listed
      }
    }
  }
}
