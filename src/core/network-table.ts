/**
 * A set of networks in typed arrays: 5 bytes a row and up to 12 to find it, 16 more for IPv6, where a Map of texts takes
 * 300. Owners keep what they know about a row in columns of their own, indexed by the row's number, and make them longer
 * in `onGrow`.
 *
 * Threads may share a table: given memory that they share, one writes and the others call `refresh` and ask, never both
 * at a time; that is for the owner's lock to see to.
 */
import { type Column, type Grow, grown } from './columns.ts'
import { isV4, type NetworkKey, newKey, textOfKey } from './network-key.ts'

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

/** What a row is, in a byte: 1 + n for a /n of IPv6, 130 + n for one of IPv4, whose prefixes count from 96 in a key. */
const NARROW = 130
const kindOf = (bits: number, isNarrow: boolean): number => (isNarrow ? bits - 96 + NARROW : bits + 1)
const bitsOf = (kind: number): number => (kind >= NARROW ? kind - NARROW + 96 : kind - 1)
const NO_ROW = 0

const FIRST_CAPACITY = 1024
const slotsFor = (capacity: number): number => 2 ** Math.ceil(Math.log2(1.5 * capacity))
const own: Grow = (_name, column, length) => grown(column, length)

/** In `head`: for how many rows there is room, and for how many of IPv6. */
const ROWS = 0
const WIDE_ROWS = 1

export interface NetworkTableOptions {
  /** Columns of the owner need room for so many rows. */
  readonly onGrow?: (capacity: number) => void
  /** Rows to make room for at once, where it is known that many are to come. */
  readonly capacity?: number
  /** Where the columns lie: by default in memory of this thread's own. */
  readonly grow?: Grow
}

export class NetworkTable {
  #kind: Uint8Array = new Uint8Array(0)
  /** The address of a row of IPv4; of one of IPv6 its place in `wide`. */
  #low: Uint32Array = new Uint32Array(0)
  /** Four words for each row of IPv6. */
  #wide: Uint32Array = new Uint32Array(0)
  /** 1 + a row; 0 where there is none. A power of two, well above the capacity, so that probes stay short. */
  #slots: Uint32Array = new Uint32Array(0)
  /** The prefix lengths that occur, longest first, behind their number: only these are looked up. */
  readonly #occurring: Uint8Array
  readonly #head: Uint32Array
  /** How many rows have each prefix length. */
  readonly #lengths = new Uint32Array(129)
  readonly #freed: number[] = []
  readonly #freedWide: number[] = []
  #top = 0
  #wideTop = 0
  #size = 0
  readonly #row = newKey()
  readonly #grow: Grow
  readonly #onGrow: ((capacity: number) => void) | undefined

  constructor({ onGrow, capacity = FIRST_CAPACITY, grow = own }: NetworkTableOptions = {}) {
    this.#grow = grow
    this.#onGrow = onGrow
    this.#head = grow('head', new Uint32Array(0), 2)
    this.#occurring = grow('occurring', new Uint8Array(0), 130)
    // Of memory that another thread has filled, all is seen.
    this.#view(Math.max(capacity, this.#head[ROWS]!), this.#head[WIDE_ROWS]!)
  }

  get size(): number {
    return this.#size
  }

  get capacity(): number {
    return this.#kind.length
  }

  /** Makes room for so many rows at once: what grows in steps leaves holes in the process's memory. */
  reserve(rows: number): void {
    if (rows > this.capacity) this.#widen(rows)
  }

  /** Sees the rows that another thread has put into the same memory. */
  refresh(): void {
    const rows = this.#head[ROWS]!
    const wideRows = this.#head[WIDE_ROWS]!
    if (rows !== this.capacity || 4 * wideRows !== this.#wide.length) this.#view(rows, wideRows)
  }

  /** The row of exactly this network, or -1. */
  find({ words, bits }: NetworkKey): number {
    return this.#slots[this.#slotOf(words[0]!, words[1]!, words[2]!, words[3]!, bits)]! - 1
  }

  /** The network's row, a new one if there is none. Host bits must be clear. */
  insert(key: NetworkKey): number {
    const { words, bits } = key
    const slot = this.#slotOf(words[0]!, words[1]!, words[2]!, words[3]!, bits)
    const known = this.#slots[slot]! - 1
    if (known >= 0) return known
    if (this.#freed.length === 0 && this.#top === this.capacity) {
      this.#widen(Math.ceil(this.capacity * 1.5))
      return this.insert(key)
    }
    const row = this.#freed.pop() ?? this.#top++
    const isNarrow = isV4(key)
    this.#kind[row] = kindOf(bits, isNarrow)
    this.#low[row] = isNarrow ? words[3]! : this.#putWide(words)
    this.#slots[slot] = row + 1
    this.#size++
    if (this.#lengths[bits]!++ === 0) this.#relist()
    return row
  }

  remove(row: number): void {
    if (this.#kind[row] === NO_ROW) return
    const { words, bits } = this.key(row, this.#row)
    let hole = this.#slotOf(words[0]!, words[1]!, words[2]!, words[3]!, bits)
    const last = this.#slots.length - 1
    // Entries behind the hole that could not be found any more move up (linear probing without tombstones).
    for (let slot = (hole + 1) & last; this.#slots[slot] !== 0; slot = (slot + 1) & last) {
      const home = this.#homeOf(this.#slots[slot]! - 1)
      if (((slot - home) & last) >= ((slot - hole) & last)) {
        this.#slots[hole] = this.#slots[slot]!
        hole = slot
      }
    }
    this.#slots[hole] = 0
    if (this.#kind[row]! < NARROW) this.#freedWide.push(this.#low[row]!)
    this.#kind[row] = NO_ROW
    this.#freed.push(row)
    this.#size--
    if (--this.#lengths[bits]! === 0) this.#relist()
  }

  /** The row of the longest network that contains the network `key` (itself included) and that `accepts`; or -1. */
  longest(key: NetworkKey, accepts?: (row: number) => boolean): number {
    const { words, bits } = key
    // By its words an IPv4 address also lies in `::/8`; as a network that is no place of its.
    const least = isV4(key) ? 96 : 0
    const occurring = this.#occurring
    for (let i = 1; i <= occurring[0]!; i++) {
      const length = occurring[i]!
      if (length > bits) continue
      if (length < least) break
      const slot = this.#slotOf(
        (words[0]! & mask(length, 0)) >>> 0,
        (words[1]! & mask(length, 1)) >>> 0,
        (words[2]! & mask(length, 2)) >>> 0,
        (words[3]! & mask(length, 3)) >>> 0,
        length,
      )
      const row = this.#slots[slot]! - 1
      if (row >= 0 && (accepts === undefined || accepts(row))) return row
    }
    return -1
  }

  /** Rows in use, by number. What is inserted meanwhile may or may not be seen. */
  *rows(from = 0): IterableIterator<number> {
    for (let row = from; row < this.#top; row++) if (this.#kind[row] !== NO_ROW) yield row
  }

  /** Writes the row's network into `key`. */
  key(row: number, key: NetworkKey): NetworkKey {
    const kind = this.#kind[row]!
    key.bits = bitsOf(kind)
    const low = this.#low[row]!
    if (kind >= NARROW) {
      key.words[0] = 0
      key.words[1] = 0
      key.words[2] = 0xffff
      key.words[3] = low
    } else for (let i = 0; i < 4; i++) key.words[i] = this.#wide[4 * low + i]!
    return key
  }

  /** The prefix length of the row; IPv4's own counts from 96. */
  bits(row: number): number {
    return bitsOf(this.#kind[row]!)
  }

  /** The row's network as `core/ip.ts` writes it. */
  text(row: number): string {
    return textOfKey(this.key(row, this.#row))
  }

  #slotOf(a: number, b: number, c: number, d: number, bits: number): number {
    const slots = this.#slots
    const last = slots.length - 1
    const isNarrow = bits >= 96 && c === 0xffff && a === 0 && b === 0
    const kind = kindOf(bits, isNarrow)
    for (let slot = mix(a, b, c, d, bits) & last; ; slot = (slot + 1) & last) {
      const row = slots[slot]! - 1
      if (row < 0) return slot
      if (this.#kind[row] !== kind) continue
      const low = this.#low[row]!
      if (isNarrow ? low === d : this.#isAt(4 * low, a, b, c, d)) return slot
    }
  }

  #isAt(w: number, a: number, b: number, c: number, d: number): boolean {
    const wide = this.#wide
    return wide[w + 3] === d && wide[w + 2] === c && wide[w + 1] === b && wide[w] === a
  }

  #homeOf(row: number): number {
    const low = this.#low[row]!
    const kind = this.#kind[row]!
    const last = this.#slots.length - 1
    if (kind >= NARROW) return mix(0, 0, 0xffff, low, bitsOf(kind)) & last
    const [w, wide] = [4 * low, this.#wide]
    return mix(wide[w]!, wide[w + 1]!, wide[w + 2]!, wide[w + 3]!, bitsOf(kind)) & last
  }

  #putWide(words: Uint32Array): number {
    if (this.#freedWide.length === 0 && 4 * this.#wideTop === this.#wide.length)
      this.#view(this.capacity, Math.max(64, Math.ceil(1.5 * this.#wideTop)))
    const place = this.#freedWide.pop() ?? this.#wideTop++
    this.#wide.set(words, 4 * place)
    return place
  }

  #relist(): void {
    let count = 0
    for (let bits = 128; bits >= 0; bits--) if (this.#lengths[bits]! > 0) this.#occurring[++count] = bits
    this.#occurring[0] = count
  }

  #widen(capacity: number): void {
    const before = this.#slots.length
    this.#view(capacity, this.#wide.length / 4)
    if (this.#slots.length === before) return
    const last = this.#slots.length - 1
    this.#slots.fill(0)
    for (const row of this.rows()) {
      let slot = this.#homeOf(row)
      while (this.#slots[slot] !== 0) slot = (slot + 1) & last
      this.#slots[slot] = row + 1
    }
  }

  #view(rows: number, wideRows: number): void {
    const longer = <T extends Column>(name: string, column: T, length: number): T =>
      column.length === length ? column : this.#grow(name, column, length)
    const isMore = rows !== this.capacity
    this.#kind = longer('kind', this.#kind, rows)
    this.#low = longer('low', this.#low, rows)
    this.#slots = longer('slots', this.#slots, slotsFor(rows))
    this.#wide = longer('wide', this.#wide, 4 * wideRows)
    this.#head[ROWS] = rows
    this.#head[WIDE_ROWS] = wideRows
    if (isMore) this.#onGrow?.(rows)
  }
}
