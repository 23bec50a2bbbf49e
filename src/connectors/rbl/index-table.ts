/** The list itself: a row per subject in typed arrays, about 50 bytes each, asked once per query. */
import { type NetworkKey, NetworkTable } from '../../core/network-table.ts'

/** What an answer needs to know. Indices are those of core's `REMEDIATIONS`. */
export interface ListRow {
  readonly type: number
  readonly code: number
  /** Epoch seconds. */
  readonly until: number
  /** The first 48 bits of the decision's id: its reference code. */
  readonly high: number
  readonly low: number
}

export class IndexTable {
  #until = new Uint32Array(0)
  #high = new Uint32Array(0)
  #low = new Uint16Array(0)
  #type = new Uint8Array(0)
  #code = new Uint8Array(0)
  /** Which snapshot a row was last in: rows of an older one go when a newer is complete. */
  #generation = new Uint8Array(0)
  #now = 0
  readonly #table = new NetworkTable((capacity) => this.#grow(capacity))

  get size(): number {
    return this.#table.size
  }

  put(key: NetworkKey, row: ListRow): void {
    const n = this.#table.insert(key)
    this.#until[n] = row.until
    this.#high[n] = row.high
    this.#low[n] = row.low
    this.#type[n] = row.type
    this.#code[n] = row.code
    this.#generation[n] = this.#now
  }

  remove(key: NetworkKey): void {
    const n = this.#table.find(key)
    if (n >= 0) this.#table.remove(n)
  }

  /** From here on rows belong to a new snapshot; until it is complete the old ones go on answering. */
  begin(): void {
    this.#now = (this.#now + 1) & 255
  }

  complete(): void {
    // Removing frees rows and moves slots, never rows: going on is safe.
    for (const n of this.#table.rows()) if (this.#generation[n] !== this.#now) this.#table.remove(n)
  }

  /** The row of the longest network around the key's that is in force and of one of the `types` (a bit each); or -1. */
  find(key: NetworkKey, types: number, seconds: number): number {
    return this.#table.longest(key, (n) => this.#until[n]! > seconds && (types & (1 << this.#type[n]!)) !== 0)
  }

  until(n: number): number {
    return this.#until[n]!
  }

  code(n: number): number {
    return this.#code[n]!
  }

  /** Writes `R-1A2B-3C4D-5E6F`, 16 characters. */
  writeReference(n: number, out: Uint8Array, at: number): void {
    const high = this.#high[n]!
    const low = this.#low[n]!
    out[at] = 82
    for (let i = 0; i < 3; i++) {
      const group = i === 0 ? high >>> 16 : i === 1 ? high & 0xffff : low
      const place = at + 1 + 5 * i
      out[place] = 45
      for (let j = 0; j < 4; j++) {
        const value = (group >> (12 - 4 * j)) & 15
        out[place + 1 + j] = value < 10 ? 48 + value : 55 + value
      }
    }
  }

  /** Rows in force and of one of the `types`. What is put meanwhile may or may not be seen. */
  *rows(types: number, seconds: number): IterableIterator<number> {
    for (const n of this.#table.rows()) if (this.#until[n]! > seconds && (types & (1 << this.#type[n]!)) !== 0) yield n
  }

  /** Writes the row's network into `key`. */
  read(n: number, key: NetworkKey): void {
    this.#table.read(n, key)
  }

  #grow(capacity: number): void {
    const to = <T extends { set(from: T): void }>(make: new (length: number) => T, from: T): T => {
      const next = new make(capacity)
      next.set(from)
      return next
    }
    this.#until = to(Uint32Array, this.#until)
    this.#high = to(Uint32Array, this.#high)
    this.#low = to(Uint16Array, this.#low)
    this.#type = to(Uint8Array, this.#type)
    this.#code = to(Uint8Array, this.#code)
    this.#generation = to(Uint8Array, this.#generation)
  }
}
