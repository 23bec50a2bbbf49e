/**
 * The memory of the rooms left of the commit: tables of small plain values that a commit snapshots row by row.
 * A row dies at `expiresAt` in log time whether or not it was swept, so a replay and a daemon that was killed
 * between two sweeps see the same.
 */
import type { Millis } from '../core/time.ts'

export interface StateRow {
  readonly table: string
  readonly key: string
  /** JSON text; null deletes. */
  readonly value: string | null
  readonly expiresAt: Millis
}

interface Slot<T> {
  value: T
  expiresAt: Millis
}

export class StateTable<T> {
  readonly name: string
  readonly #rows = new Map<string, Slot<T>>()
  readonly #dirty = new Set<string>()

  constructor(name: string) {
    this.name = name
  }

  get size(): number {
    return this.#rows.size
  }

  get(key: string, now: Millis): T | undefined {
    const slot = this.#rows.get(key)
    return slot && slot.expiresAt > now ? slot.value : undefined
  }

  /** Also the way to say that a value got by `get` was changed in place. */
  put(key: string, value: T, expiresAt: Millis): void {
    const slot = this.#rows.get(key)
    if (slot) {
      slot.value = value
      slot.expiresAt = expiresAt
    } else this.#rows.set(key, { value, expiresAt })
    this.#dirty.add(key)
  }

  delete(key: string): void {
    if (this.#rows.delete(key)) this.#dirty.add(key)
  }

  *entries(now: Millis): IterableIterator<[string, T]> {
    for (const [key, slot] of this.#rows) if (slot.expiresAt > now) yield [key, slot.value]
  }

  /** Drops what is dead; called between batches. */
  sweep(now: Millis): void {
    for (const [key, slot] of this.#rows) if (slot.expiresAt <= now) this.delete(key)
  }

  /** The rows that changed since the last call. */
  drain(): StateRow[] {
    const rows: StateRow[] = []
    for (const key of this.#dirty) {
      const slot = this.#rows.get(key)
      rows.push({
        table: this.name,
        key,
        value: slot ? JSON.stringify(slot.value) : null,
        expiresAt: slot?.expiresAt ?? 0,
      })
    }
    this.#dirty.clear()
    return rows
  }

  load(row: StateRow): void {
    if (row.value !== null) this.#rows.set(row.key, { value: JSON.parse(row.value) as T, expiresAt: row.expiresAt })
  }
}

/** All tables of one engine. Rooms ask for theirs by name; the pipeline drains and restores them. */
export class StateSpace {
  readonly #tables = new Map<string, StateTable<unknown>>()

  table<T>(name: string): StateTable<T> {
    let table = this.#tables.get(name)
    if (!table) {
      table = new StateTable<unknown>(name)
      this.#tables.set(name, table)
    }
    return table as StateTable<T>
  }

  drain(): StateRow[] {
    return [...this.#tables.values()].flatMap((t) => t.drain())
  }

  restore(rows: Iterable<StateRow>): void {
    for (const row of rows) this.table(row.table).load(row)
  }

  sweep(now: Millis): void {
    for (const table of this.#tables.values()) table.sweep(now)
  }
}
