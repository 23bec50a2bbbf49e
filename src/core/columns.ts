/** Columns of a table: typed arrays with a place for each row, made longer as rows come. */
export type Column = Float64Array | Uint32Array | Uint16Array | Uint8Array

/** Makes room: what the column holds keeps its place, zeros come behind it. `name` tells a table's columns apart. */
export type Grow = <T extends Column>(name: string, column: T, length: number) => T

/** In memory of this thread's own: a longer copy. */
export const grown = <T extends Column>(column: T, length: number): T => {
  const longer = new (column.constructor as new (length: number) => T)(length)
  longer.set(column)
  return longer
}
