/**
 * What the two engines have to offer; everything above this line is written once.
 * `read` and `write` run their work in one transaction, one after the other per desk; `write` is all or nothing.
 * Both throw a Failure (STORE_…) and never the driver's own error, whose text may quote what an attacker wrote.
 */

export type Cell = string | number | Uint8Array | null
export type Row = Readonly<Record<string, Cell>>

/** A statement that takes many rows at once. */
export interface Bulk {
  readonly table: string
  readonly columns: readonly (readonly [name: string, type: 'BIGINT' | 'TEXT' | 'BYTEA'])[]
  /** What follows ON CONFLICT, e.g. `(id) DO NOTHING`. */
  readonly conflict?: string
}

export interface Reading {
  /** `?` marks parameters. */
  rows(sql: string, params?: readonly Cell[]): Promise<readonly Row[]>
  /**
   * The same one by one, each as the values of its columns, in little memory however many there are; others get their
   * turn in between.
   */
  each(sql: string, params: readonly Cell[], visit: (values: readonly unknown[]) => void): Promise<void>
}

export interface Writing extends Reading {
  put(bulk: Bulk, rows: readonly (readonly Cell[])[]): Promise<void>
  /** Deletes the rows whose columns equal those given. */
  remove(bulk: Bulk, keys: readonly (readonly Cell[])[]): Promise<void>
  /** Like `put`; for each row whether it was written. The first column must be a number that tells the rows apart. */
  putNew(bulk: Bulk, rows: readonly (readonly Cell[])[]): Promise<readonly boolean[]>
}

export interface Desk {
  readonly engine: 'sqlite' | 'postgres'
  readonly schema: number
  read<T>(work: (reading: Reading) => Promise<T>): Promise<T>
  write<T>(work: (writing: Writing) => Promise<T>): Promise<T>
  /** What a person's command needs: on the disk when this resolves, whatever happens to the power. */
  writeDurably<T>(work: (writing: Writing) => Promise<T>): Promise<T>
  /** Bytes in use, without what is free for reuse: what retention steers by. */
  liveBytes(): Promise<number>
  /** Bytes taken on the disk. */
  bytes(): Promise<number>
  /** Gives free space back, in steps that let commits pass. */
  shrink(): Promise<void>
  /** Takes the lock of the one daemon; false when another living process has it. */
  lock(): Promise<boolean>
  close(): Promise<void>
}

/** Runs what it is given one after the other, each even when the one before it failed. */
export const inTurn = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work)
    last = next.catch(() => undefined)
    return next
  }
}

/** `?,?,?` */
export const marks = (count: number): string => new Array(count).fill('?').join(',')

/** At most 500 at a time: PostgreSQL's and SQLite's limits of parameters are far above, their planners' patience is not. */
export const slices = function* <T>(list: readonly T[], size = 500): IterableIterator<readonly T[]> {
  for (let i = 0; i < list.length; i += size) yield list.slice(i, i + size)
}
