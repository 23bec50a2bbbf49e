/**
 * Networks as numbers. Inside there is only IPv6: IPv4 is kept as `::ffff:a.b.c.d`, so IPv4 /n is /(96 + n). A key is
 * the four 32-bit words of the network's address and its prefix length.
 */
import ipaddr from 'ipaddr.js'
import { type Cidr, parseCidr } from './ip.ts'

/** Four words and a prefix length; reused by callers that must not allocate. */
export interface NetworkKey {
  readonly words: Uint32Array
  bits: number
}

export const newKey = (): NetworkKey => ({ words: new Uint32Array(4), bits: 0 })

/** Writes the network into `key`. */
export const keyOf = (cidr: Cidr, key: NetworkKey = newKey()): NetworkKey => {
  const bytes = cidr.address.toByteArray()
  const { words } = key
  if (bytes.length === 4) {
    words[0] = 0
    words[1] = 0
    words[2] = 0xffff
    words[3] = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0
    key.bits = 96 + cidr.bits
  } else {
    for (let i = 0; i < 4; i++)
      words[i] =
        ((bytes[4 * i]! << 24) | (bytes[4 * i + 1]! << 16) | (bytes[4 * i + 2]! << 8) | bytes[4 * i + 3]!) >>> 0
    key.bits = cidr.bits
  }
  return key
}

/** The key of `192.0.2.0/24` and the like; undefined for what is neither address nor network. */
export const keyOfText = (text: string, key: NetworkKey = newKey()): NetworkKey | undefined => {
  const word = dottedWord(text)
  if (word >= 0) {
    key.words[0] = 0
    key.words[1] = 0
    key.words[2] = 0xffff
    key.words[3] = word
    key.bits = 128
    return key
  }
  const cidr = parseCidr(text)
  return cidr && keyOf(cidr, key)
}

/**
 * The 32 bits of a dotted address, or -1: just what the strict parser takes. Every record and every line of a list is
 * asked this way, and most are such addresses: one pass, where the parser takes 2 µs.
 */
const dottedWord = (text: string): number => {
  if (text.length > 15) return -1
  let word = 0
  let octet = 0
  let digits = 0
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 46) {
      if (digits === 0 || ++dots > 3) return -1
      word = word * 256 + octet
      octet = 0
      digits = 0
      continue
    }
    // No digit at all, or one behind a leading zero.
    if (code < 48 || code > 57 || (digits > 0 && octet === 0)) return -1
    octet = octet * 10 + code - 48
    if (octet > 255) return -1
    digits++
  }
  return dots === 3 && digits > 0 ? word * 256 + octet : -1
}

export const isV4 = ({ words, bits }: NetworkKey): boolean =>
  bits >= 96 && words[0] === 0 && words[1] === 0 && words[2] === 0xffff

/** The network as `core/ip.ts` writes it. */
export const textOfKey = (key: NetworkKey): string => {
  const { words, bits } = key
  const [a, b, c, d] = words as unknown as [number, number, number, number]
  if (isV4(key)) {
    const address = `${d >>> 24}.${(d >>> 16) & 255}.${(d >>> 8) & 255}.${d & 255}`
    return bits === 128 ? address : `${address}/${bits - 96}`
  }
  const address = new ipaddr.IPv6([a, b, c, d].flatMap((word) => [word >>> 16, word & 0xffff])).toRFC5952String()
  return bits === 128 ? address : `${address}/${bits}`
}
