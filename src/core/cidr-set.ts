/** A set of networks that answers "does anything in it touch this network?", in either direction of containment. */
import { type Cidr, inCidr } from './ip.ts'
import { isV4, keyOf, type NetworkKey, newKey } from './network-key.ts'
import { NetworkTable } from './network-table.ts'

export interface CidrSet {
  readonly size: number
  /** A member that shares at least one address with `cidr`, or undefined; of those around it the narrowest. */
  touching(cidr: Cidr): Cidr | undefined
  /** The same by key, for whoever asks a million times. */
  touchingKey(key: NetworkKey): Cidr | undefined
}

export const overlaps = (a: Cidr, b: Cidr): boolean => (a.bits <= b.bits ? inCidr(b.address, a) : inCidr(a.address, b))

interface Member {
  readonly cidr: Cidr
  readonly key: NetworkKey
}

/** By first address. */
const order = (a: NetworkKey, b: NetworkKey): number => {
  for (let i = 0; i < 4; i++) if (a.words[i] !== b.words[i]) return a.words[i]! - b.words[i]!
  return 0
}

const isWithin = (inner: NetworkKey, { words, bits }: NetworkKey): boolean => {
  for (let i = 0, left = bits; left > 0; i++, left -= 32)
    if ((inner.words[i]! ^ words[i]!) >>> Math.max(0, 32 - left) !== 0) return false
  return true
}

export const createCidrSet = (members: Iterable<Cidr>): CidrSet => {
  const table = new NetworkTable()
  const byRow: Cidr[] = []
  const sorted = { v4: [] as Member[], v6: [] as Member[] }
  for (const cidr of members) {
    const key = keyOf(cidr)
    byRow[table.insert(key)] = cidr
    sorted[isV4(key) ? 'v4' : 'v6'].push({ cidr, key })
  }
  for (const list of Object.values(sorted)) list.sort((a, b) => order(a.key, b.key))

  /** Networks nest or lie apart: when any lies within, the first that does not begin before does. */
  const within = (key: NetworkKey): Cidr | undefined => {
    const list = sorted[isV4(key) ? 'v4' : 'v6']
    let low = 0
    for (let high = list.length; low < high; ) {
      const middle = (low + high) >>> 1
      if (order(list[middle]!.key, key) < 0) low = middle + 1
      else high = middle
    }
    const first = list[low]
    return first && isWithin(first.key, key) ? first.cidr : undefined
  }

  const touchingKey = (key: NetworkKey): Cidr | undefined => {
    const row = table.size === 0 ? -1 : table.longest(key)
    if (row >= 0) return byRow[row]
    return key.bits === 128 ? undefined : within(key)
  }
  const asked = newKey()
  return { size: table.size, touching: (cidr) => touchingKey(keyOf(cidr, asked)), touchingKey }
}
