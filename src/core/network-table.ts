/**
 * A set of networks in typed arrays: about 26 bytes a row where a Map of texts takes 300. Owners keep what they know
 * about a row in columns of their own, indexed by the row's number, and grow them in `onGrow`.
 *
 * Inside there is only IPv6: IPv4 is kept as `::ffff:a.b.c.d`, so IPv4 /n is /(96 + n). A key is the four 32-bit words
 * of the network's address and its prefix length.
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

const mix = (a: number, b: number, c: number, d: number, bits: number): number => {
  let h = Math.imul(a ^ Math.imul(bits + 1, 0x9e3779b1), 0x85ebca6b)
  h = Math.imul((h ^ (h >>> 15)) + b, 0xc2b2ae35)
  h = Math.imul((h ^ (h >>> 13)) + c, 0x27d4eb2f)
  h = Math.imul((h ^ (h >>> 16)) + d, 0x165667b1)
  return (h ^ (h >>> 15)) >>> 0
}

/** The part of word `i` that belongs to a prefix of `bits`. */
const mask = (bits: number, i: number): number => {
  const own = bits - 32 * i
  return own >= 32 ? 0xffffffff : own <= 0 ? 0 : (0xffffffff << (32 - own)) >>> 0
}

const FREE = -1
const FIRST_CAPACITY = 1024
const slotsFor = (capacity: number): number => 2 ** Math.ceil(Math.log2(1.5 * capacity))

export class NetworkTable {
  #words: Uint32Array
  /** Prefix length of a row; 255 marks a row that is not in use. */
  #bits: Uint8Array
  /** Row numbers; FREE where none is. A power of two, well above the capacity, so that probes stay short. */
  #slots: Int32Array
  readonly #freed: number[] = []
  #top = 0
  #size = 0
  /** How many rows have each prefix length: only lengths that occur are looked up. */
  readonly #lengths = new Uint32Array(129)
  #occurring: readonly number[] = []
  readonly #onGrow: ((capacity: number) => void) | undefined

  /** `capacity`: rows to make room for at once, where it is known that many are to come. */
  constructor(onGrow?: (capacity: number) => void, capacity: number = FIRST_CAPACITY) {
    this.#words = new Uint32Array(4 * capacity)
    this.#bits = new Uint8Array(capacity).fill(255)
    this.#slots = new Int32Array(slotsFor(capacity)).fill(FREE)
    this.#onGrow = onGrow
    onGrow?.(capacity)
  }

  get size(): number {
    return this.#size
  }

  get capacity(): number {
    return this.#bits.length
  }

  #slotOf(a: number, b: number, c: number, d: number, bits: number): number {
    const last = this.#slots.length - 1
    const words = this.#words
    for (let slot = mix(a, b, c, d, bits) & last; ; slot = (slot + 1) & last) {
      const row = this.#slots[slot]!
      if (row === FREE) return slot
      const w = 4 * row
      if (words[w + 3] === d && words[w + 2] === c && words[w + 1] === b && words[w] === a && this.#bits[row] === bits)
        return slot
    }
  }

  /** The row of exactly this network, or -1. */
  find({ words, bits }: NetworkKey): number {
    return this.#slots[this.#slotOf(words[0]!, words[1]!, words[2]!, words[3]!, bits)]!
  }

  /** The network's row, a new one if there is none. Host bits must be clear. */
  insert({ words, bits }: NetworkKey): number {
    const slot = this.#slotOf(words[0]!, words[1]!, words[2]!, words[3]!, bits)
    const known = this.#slots[slot]!
    if (known !== FREE) return known
    if (this.#freed.length === 0 && this.#top === this.capacity) {
      this.#grow()
      return this.insert({ words, bits })
    }
    const row = this.#freed.pop() ?? this.#top++
    this.#words.set(words, 4 * row)
    this.#bits[row] = bits
    this.#slots[slot] = row
    this.#size++
    if (this.#lengths[bits]!++ === 0) this.#relist()
    return row
  }

  remove(row: number): void {
    const bits = this.#bits[row]!
    if (bits === 255) return
    const w = 4 * row
    const words = this.#words
    let hole = this.#slotOf(words[w]!, words[w + 1]!, words[w + 2]!, words[w + 3]!, bits)
    const last = this.#slots.length - 1
    // Entries behind the hole that could not be found any more move up (linear probing without tombstones).
    for (let slot = (hole + 1) & last; this.#slots[slot] !== FREE; slot = (slot + 1) & last) {
      const other = this.#slots[slot]!
      const o = 4 * other
      const home = mix(words[o]!, words[o + 1]!, words[o + 2]!, words[o + 3]!, this.#bits[other]!) & last
      if (((slot - home) & last) >= ((slot - hole) & last)) {
        this.#slots[hole] = other
        hole = slot
      }
    }
    this.#slots[hole] = FREE
    this.#bits[row] = 255
    this.#freed.push(row)
    this.#size--
    if (--this.#lengths[bits]! === 0) this.#relist()
  }

  /** The row of the longest network that contains the network `key` (itself included) and that `accepts`; or -1. */
  longest(key: NetworkKey, accepts?: (row: number) => boolean): number {
    const { words, bits } = key
    // By its words an IPv4 address also lies in `::/8`; as a network that is no place of its.
    const least = isV4(key) ? 96 : 0
    for (const length of this.#occurring) {
      if (length > bits) continue
      if (length < least) break
      const row =
        this.#slots[
          this.#slotOf(
            (words[0]! & mask(length, 0)) >>> 0,
            (words[1]! & mask(length, 1)) >>> 0,
            (words[2]! & mask(length, 2)) >>> 0,
            (words[3]! & mask(length, 3)) >>> 0,
            length,
          )
        ]!
      if (row !== FREE && (accepts === undefined || accepts(row))) return row
    }
    return -1
  }

  /** Rows in use, by number. What is inserted meanwhile may or may not be seen. */
  *rows(from = 0): IterableIterator<number> {
    for (let row = from; row < this.#top; row++) if (this.#bits[row] !== 255) yield row
  }

  /** Writes the row's network into `key`. */
  key(row: number, key: NetworkKey): NetworkKey {
    for (let i = 0; i < 4; i++) key.words[i] = this.#words[4 * row + i]!
    key.bits = this.#bits[row]!
    return key
  }

  /** Writes the row's network into `key`. */
  read(row: number, key: NetworkKey): void {
    for (let i = 0; i < 4; i++) key.words[i] = this.#words[4 * row + i]!
    key.bits = this.#bits[row]!
  }

  /** The row's network as `core/ip.ts` writes it. */
  /** The prefix length of the row; IPv4's own counts from 96. */
  bits(row: number): number {
    return this.#bits[row]!
  }

  text(row: number): string {
    const bits = this.#bits[row]!
    const [a, b, c, d] = this.#words.subarray(4 * row, 4 * row + 4) as unknown as [number, number, number, number]
    if (bits >= 96 && a === 0 && b === 0 && c === 0xffff) {
      const address = `${d >>> 24}.${(d >>> 16) & 255}.${(d >>> 8) & 255}.${d & 255}`
      return bits === 128 ? address : `${address}/${bits - 96}`
    }
    const address = new ipaddr.IPv6([a, b, c, d].flatMap((word) => [word >>> 16, word & 0xffff])).toRFC5952String()
    return bits === 128 ? address : `${address}/${bits}`
  }

  #relist(): void {
    const lengths: number[] = []
    for (let bits = 128; bits >= 0; bits--) if (this.#lengths[bits]! > 0) lengths.push(bits)
    this.#occurring = lengths
  }

  #grow(): void {
    const capacity = Math.ceil(this.capacity * 1.5)
    const words = new Uint32Array(4 * capacity)
    words.set(this.#words)
    const bits = new Uint8Array(capacity).fill(255)
    bits.set(this.#bits)
    this.#words = words
    this.#bits = bits
    this.#slots = new Int32Array(slotsFor(capacity)).fill(FREE)
    for (let row = 0; row < this.#top; row++)
      if (bits[row] !== 255) {
        const w = 4 * row
        this.#slots[this.#slotOf(words[w]!, words[w + 1]!, words[w + 2]!, words[w + 3]!, bits[row]!)] = row
      }
    this.#onGrow?.(capacity)
  }
}
