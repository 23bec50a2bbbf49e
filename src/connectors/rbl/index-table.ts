/**
 * The list itself: a row per subject in typed arrays, about 26 bytes each for IPv4, asked once per query. It lies in
 * shared memory: the thread that made it changes it, any may ask it.
 */
import type { NetworkKey } from '../../core/network-key.ts'
import { NetworkTable } from '../../core/network-table.ts'
import { Lock } from './lock.ts'
import { type SharedMemory, sharedColumns } from './shared-columns.ts'

/** What an answer needs to know. Indices are those of core's `REMEDIATIONS`. */
export interface ListRow {
  type: number
  code: number
  /** Epoch seconds. */
  until: number
  /** The first 48 bits of the decision's id: its reference code. */
  high: number
  low: number
}

export const newRow = (): ListRow => ({ type: 0, code: 0, until: 0, high: 0, low: 0 })

/** Characters of a reference code. */
export const REFERENCE = 16

/** Writes `R-1A2B-3C4D-5E6F`. */
export const writeReference = ({ high, low }: ListRow, out: Uint8Array, at: number): void => {
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

export class IndexTable {
  readonly memory: SharedMemory
  #until: Uint32Array = new Uint32Array(0)
  #high: Uint32Array = new Uint32Array(0)
  #low: Uint16Array = new Uint16Array(0)
  #type: Uint8Array = new Uint8Array(0)
  #code: Uint8Array = new Uint8Array(0)
  /** Which snapshot a row was last in: rows of an older one go when a newer is complete. */
  #generation: Uint8Array = new Uint8Array(0)
  #now = 0
  readonly #table: NetworkTable
  readonly #lock: Lock
  readonly #found = newRow()

  /** `memory`: that of another thread's list, which is then only asked here. */
  constructor(memory: SharedMemory = { lock: new SharedArrayBuffer(4) }) {
    this.memory = memory
    this.#lock = new Lock(memory['lock']!)
    const grow = sharedColumns(memory)
    const onGrow = (rows: number): void => {
      this.#until = grow('until', this.#until, rows)
      this.#high = grow('high', this.#high, rows)
      this.#low = grow('reference', this.#low, rows)
      this.#type = grow('type', this.#type, rows)
      this.#code = grow('code', this.#code, rows)
      this.#generation = grow('generation', this.#generation, rows)
    }
    this.#table = this.#lock.holding(() => new NetworkTable({ grow, onGrow }))
  }

  get size(): number {
    return this.#table.size
  }

  put(key: NetworkKey, row: ListRow): void {
    this.#lock.take()
    try {
      const n = this.#table.insert(key)
      this.#until[n] = row.until
      this.#high[n] = row.high
      this.#low[n] = row.low
      this.#type[n] = row.type
      this.#code[n] = row.code
      this.#generation[n] = this.#now
    } finally {
      this.#lock.give()
    }
  }

  remove(key: NetworkKey): void {
    const n = this.#table.find(key)
    if (n >= 0) this.#lock.holding(() => this.#table.remove(n))
  }

  /** From here on rows, `count` of them, belong to a new snapshot; until it is complete the old ones go on answering. */
  begin(count: number): void {
    this.#now = (this.#now + 1) & 255
    this.#lock.holding(() => this.#table.reserve(count))
  }

  complete(): void {
    // Removing frees rows and moves slots, never rows: going on is safe.
    for (const n of this.#table.rows())
      if (this.#generation[n] !== this.#now) this.#lock.holding(() => this.#table.remove(n))
  }

  /**
   * The longest network around the key's that is in force and of one of the `types` (a bit each); the same object every
   * time. For any thread.
   */
  find(key: NetworkKey, types: number, seconds: number): ListRow | undefined {
    this.#lock.take()
    try {
      this.#table.refresh()
      const n = this.longest(key, types, seconds)
      return n < 0 ? undefined : this.row(n, this.#found)
    } finally {
      this.#lock.give()
    }
  }

  /** Its number, or -1. For the thread that changes the list. */
  longest(key: NetworkKey, types: number, seconds: number): number {
    return this.#table.longest(key, (n) => this.#isOf(n, types, seconds))
  }

  /** Numbers of the rows in force and of one of the `types`. What is put meanwhile may or may not be seen. */
  *rows(types: number, seconds: number): IterableIterator<number> {
    for (const n of this.#table.rows()) if (this.#isOf(n, types, seconds)) yield n
  }

  /** Writes the row's network into `key`. */
  key(n: number, key: NetworkKey): void {
    this.#table.key(n, key)
  }

  /** Writes the row into `row`. */
  row(n: number, row: ListRow): ListRow {
    row.until = this.#until[n]!
    row.high = this.#high[n]!
    row.low = this.#low[n]!
    row.type = this.#type[n]!
    row.code = this.#code[n]!
    return row
  }

  #isOf(n: number, types: number, seconds: number): boolean {
    return this.#until[n]! > seconds && (types & (1 << this.#type[n]!)) !== 0
  }
}
