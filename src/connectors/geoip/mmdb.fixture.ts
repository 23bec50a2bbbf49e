/**
 * Writes MaxMind database files for tests, since none may be kept here: a binary tree of 28-bit records over IPv6, with
 * IPv4 under ::/96, then the data, then the metadata (MaxMind DB File Format Specification 2.0).
 */
import { parseCidr } from '../../core/ip.ts'

type Value = string | number | readonly Value[] | { readonly [key: string]: Value }

const TYPE = { pointer: 1, utf8: 2, map: 7, uint16: 5, uint32: 6, uint64: 9, array: 11 } as const

/** The byte, or bytes, that say type and size. */
const control = (type: number, size: number): Buffer => {
  const [inline, more] =
    size < 29
      ? [size, Buffer.alloc(0)]
      : size < 285
        ? [29, Buffer.from([size - 29])]
        : size < 65_821
          ? [30, Buffer.from([(size - 285) >> 8, (size - 285) & 255])]
          : [31, Buffer.from([(size - 65_821) >> 16, ((size - 65_821) >> 8) & 255, (size - 65_821) & 255])]
  const head = type <= 7 ? [(type << 5) | inline] : [inline, type - 7]
  return Buffer.concat([Buffer.from(head), more])
}

const unsigned = (type: number, value: number): Buffer => {
  const hex = value === 0 ? '' : value.toString(16)
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
  return Buffer.concat([control(type, bytes.length), bytes])
}

const encoded = (value: Value, type: number = TYPE.uint32): Buffer => {
  if (typeof value === 'number') return unsigned(type, value)
  if (typeof value === 'string')
    return Buffer.concat([control(TYPE.utf8, Buffer.byteLength(value)), Buffer.from(value)])
  if (Array.isArray(value))
    return Buffer.concat([control(TYPE.array, value.length), ...value.map((one) => encoded(one))])
  const entries = Object.entries(value)
  const pairs = entries.flatMap(([key, one]) => [encoded(key), encoded(one, SIZES[key])])
  return Buffer.concat([control(TYPE.map, entries.length), ...pairs])
}

/** Of metadata; everything else is a uint32. */
const SIZES: Readonly<Record<string, number>> = {
  ...{ record_size: TYPE.uint16, ip_version: TYPE.uint16, build_epoch: TYPE.uint64 },
  ...{ binary_format_major_version: TYPE.uint16, binary_format_minor_version: TYPE.uint16 },
}

interface Node {
  readonly next: [Node | number | undefined, Node | number | undefined]
}

export interface MmdbOptions {
  readonly type: string
  /** Seconds since 1970. */
  readonly built: number
  readonly networks: Readonly<Record<string, Value>>
}

const bitsOf = (network: string): readonly number[] => {
  const { address, bits } = parseCidr(network)!
  const bytes = address.toByteArray()
  const all = [...new Array(16 - bytes.length).fill(0), ...bytes] as number[]
  return all
    .flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((shift) => (byte >> shift) & 1))
    .slice(0, bits + 8 * (16 - bytes.length))
}

export const mmdb = ({ type, built, networks }: MmdbOptions): Buffer => {
  const root: Node = { next: [undefined, undefined] }
  const data: Buffer[] = []
  let size = 0
  for (const [network, value] of Object.entries(networks)) {
    const bits = bitsOf(network)
    let node = root
    for (const bit of bits.slice(0, -1)) {
      const next = node.next[bit]
      if (typeof next === 'object') node = next
      else node = node.next[bit] = { next: [undefined, undefined] }
    }
    node.next[bits.at(-1)!] = size
    const bytes = encoded(value)
    data.push(bytes)
    size += bytes.length
  }
  const nodes: Node[] = [root]
  for (let i = 0; i < nodes.length; i++)
    for (const next of nodes[i]!.next) if (typeof next === 'object') nodes.push(next)
  const number = new Map(nodes.map((node, i) => [node, i]))
  const record = (next: Node | number | undefined): number =>
    typeof next === 'object' ? number.get(next)! : next === undefined ? nodes.length : nodes.length + 16 + next
  const tree = nodes.map(({ next }) => {
    const [left, right] = next.map(record) as [number, number]
    const bytes = Buffer.alloc(7)
    bytes.writeUIntBE(left & 0xffffff, 0, 3)
    bytes[3] = ((left >>> 24) << 4) | (right >>> 24)
    bytes.writeUIntBE(right & 0xffffff, 4, 3)
    return bytes
  })
  const metadata = encoded({
    ...{ binary_format_major_version: 2, binary_format_minor_version: 0, build_epoch: built, database_type: type },
    ...{ description: { en: 'made by a test' }, ip_version: 6, languages: ['en'] },
    ...{ node_count: nodes.length, record_size: 28 },
  })
  return Buffer.concat([...tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata])
}
