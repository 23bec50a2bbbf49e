/** Columns in memory that threads share. It grows where it is: no copy, and no garbage of what was before. */
import type { Grow } from '../../core/columns.ts'

/** Most rows of a list. Address space is set aside for them, and memory is taken as rows come. */
export const MOST_ROWS = 2 ** 24
/** Of 32 bits each, for a row: the address of an IPv6 network. */
const WIDEST = 4

/** By the column's name. */
export type SharedMemory = Record<string, SharedArrayBuffer>

/** Columns in `memory`: of another thread's table, where it has filled that. */
export const sharedColumns =
  (memory: SharedMemory): Grow =>
  <T extends Parameters<Grow>[1]>(name: string, column: T, length: number): T => {
    const size = column.BYTES_PER_ELEMENT
    memory[name] ??= new SharedArrayBuffer(0, { maxByteLength: WIDEST * MOST_ROWS * size })
    const buffer = memory[name]
    if (buffer.byteLength < length * size) buffer.grow(length * size)
    // A view that followed the buffer's length would look it up at every access.
    return new (column.constructor as new (buffer: SharedArrayBuffer, from: number, length: number) => T)(
      buffer,
      0,
      length,
    )
  }
