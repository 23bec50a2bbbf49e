/**
 * The names by which lists are asked (RFC 5782 §2.1, §2.4): IPv4 as four reversed octets, IPv6 as 32 reversed nibbles.
 * Read from the wire straight into the words of a `NetworkKey`: this runs for every query.
 */
import type { NetworkKey } from '../core/network-key.ts'

const digit = (byte: number): number => (byte >= 48 && byte <= 57 ? byte - 48 : -1)
const nibble = (byte: number): number =>
  byte >= 48 && byte <= 57
    ? byte - 48
    : byte >= 97 && byte <= 102
      ? byte - 87
      : byte >= 65 && byte <= 70
        ? byte - 55
        : -1

/** Octets of the label at `at`, without leading zeros; -1 when it is no number up to 255. */
const octet = (message: Uint8Array, at: number): number => {
  const size = message[at]!
  if (size < 1 || size > 3 || (size > 1 && message[at + 1] === 48)) return -1
  let value = 0
  for (let i = 1; i <= size; i++) {
    const next = digit(message[at + i]!)
    if (next < 0) return -1
    value = 10 * value + next
  }
  return value <= 255 ? value : -1
}

/** Reads the labels from `from` up to `to` (where the zone begins); false when they are no address. */
export const readReverse = (
  message: Uint8Array,
  from: number,
  to: number,
  forward: boolean,
  key: NetworkKey,
): boolean => {
  const { words } = key
  key.bits = 128
  if (to - from === 64) return readNibbles(message, from, words)
  let value = 0
  let at = from
  for (let i = 0; i < 4; i++) {
    const part = at < to ? octet(message, at) : -1
    if (part < 0) return false
    value = forward ? value | (part << (24 - 8 * i)) : value | (part << (8 * i))
    at += message[at]! + 1
  }
  if (at !== to) return false
  words[0] = 0
  words[1] = 0
  words[2] = 0xffff
  words[3] = value >>> 0
  return true
}

const readNibbles = (message: Uint8Array, from: number, words: Uint32Array): boolean => {
  words.fill(0)
  for (let i = 0; i < 32; i++) {
    const value = message[from + 2 * i] === 1 ? nibble(message[from + 2 * i + 1]!) : -1
    if (value < 0) return false
    // The first label is the last nibble.
    const place = 31 - i
    words[place >> 3] = (words[place >> 3]! | (value << (28 - 4 * (place & 7)))) >>> 0
  }
  return true
}

/** `99.2.0.192` or the nibbles of an address; the first address of a network. */
export const reverseName = (value: string, bytes: readonly number[]): string =>
  value.includes(':')
    ? [...bytes]
        .reverse()
        .flatMap((byte) => [(byte & 15).toString(16), (byte >> 4).toString(16)])
        .join('.')
    : [...bytes].reverse().join('.')

/** True for what stands for IPv4. A network of IPv6 that is wider than all of IPv4 is none. */
const isV4 = ({ words, bits }: NetworkKey): boolean =>
  bits >= 96 && words[0] === 0 && words[1] === 0 && words[2] === 0xffff

/** Bits of one label. */
export const labelBits = (key: NetworkKey): number => (isV4(key) ? 8 : 4)

/** Where the labels of such a network begin: there is one for every `labelBits` behind that. */
export const firstBit = (key: NetworkKey): number => (isV4(key) ? 96 : 0)

/**
 * Writes the labels of a network that ends at a label, with `*` in front unless it is one address; without what comes
 * behind them. Returns the offset behind.
 */
export const writeReverse = (out: Buffer, at: number, key: NetworkKey): number => {
  const { words, bits } = key
  let place = at
  if (bits < 128) {
    out[place++] = 1
    out[place++] = 42
  }
  const step = labelBits(key)
  for (let bit = bits - step; bit >= firstBit(key); bit -= step) {
    const value = (words[bit >> 5]! >>> (32 - step - (bit & 31))) & (2 ** step - 1)
    const label = value.toString(step === 8 ? 10 : 16)
    out[place++] = label.length
    place += out.write(label, place, 'latin1')
  }
  return place
}
