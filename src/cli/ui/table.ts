/**
 * Aligned columns.
 *
 *   enters   columns and rows of cells; a cell's text may come from an attacker
 *   leaves   lines without a newline at the end, none wider than the terminal
 *   promise  columns line up for every script; no control character of a cell reaches the terminal
 */
import { NO_COLOURS, type Paint, type Palette } from './colour.ts'
import { count } from './number.ts'
import { printable } from './printable.ts'
import { textWidth, truncate } from './width.ts'

export interface Column {
  readonly header: string
  readonly align?: 'left' | 'right'
  /** Cells that this column keeps when the screen is too narrow; absent: it is not cut. */
  readonly min?: number
  /** The column goes when even the minima do not fit; the highest number goes first. Absent: it stays. */
  readonly drop?: number
}

/** Numbers align to the right and get thousands separators. */
export type Cell = string | number | undefined | { readonly text: string; readonly paint: Paint }

const GAP = 2

const cellText = (cell: Cell): string => {
  if (cell === undefined) return '–'
  if (typeof cell === 'number') return count(cell)
  return printable(typeof cell === 'string' ? cell : cell.text)
}

export const table = (
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions = {},
): readonly string[] => {
  const kept = keepers(columns, rows, options)
  return laidOut(
    kept.map((i) => columns[i]!),
    rows.map((row) => kept.map((i) => row[i])),
    options,
  )
}

export interface TableOptions {
  /** Cells of the screen; absent: lines are as long as they need to be. */
  readonly width?: number | undefined
  readonly colours?: Palette
  readonly indent?: number
}

const widest = (column: Column, cells: readonly Cell[]): number =>
  Math.max(textWidth(column.header), ...cells.map((cell) => textWidth(cellText(cell))), 1)

/** Which columns stay. */
const keepers = (
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, indent = 0 }: TableOptions,
): readonly number[] => {
  const all = columns.map((_, i) => i)
  if (width === undefined) return all
  const need = columns.map((column, i) => {
    const natural = widest(
      column,
      rows.map((row) => row[i]),
    )
    return Math.min(natural, column.min ?? natural)
  })
  const kept = new Set(all)
  for (const i of all
    .filter((at) => columns[at]!.drop !== undefined)
    .sort((a, b) => columns[b]!.drop! - columns[a]!.drop!)) {
    const total = [...kept].reduce((sum, at) => sum + need[at]!, indent + GAP * (kept.size - 1))
    if (total <= width) break
    kept.delete(i)
  }
  return [...kept]
}

const laidOut = (
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): readonly string[] => {
  const c = options.colours ?? NO_COLOURS
  const indent = ' '.repeat(options.indent ?? 0)
  const texts = rows.map((row) => columns.map((_, i) => cellText(row[i])))
  const natural = columns.map((column, i) =>
    widest(
      column,
      rows.map((row) => row[i]),
    ),
  )
  const widths = options.width === undefined ? natural : fit(columns, natural, options.width - indent.length)
  const right = columns.map((column, i) => column.align === 'right' || rows.some((row) => typeof row[i] === 'number'))
  const line = (cells: readonly string[], paints: readonly (Paint | undefined)[]): string => {
    const last = columns.length - 1
    const parts = cells.map((text, i) => {
      const cut = truncate(text, widths[i]!)
      const pad = ' '.repeat(Math.max(0, widths[i]! - textWidth(cut)))
      const painted = paints[i]?.(cut) ?? cut
      // Nothing but spaces would follow: trailing blanks only disturb whoever copies the line.
      return right[i] ? pad + painted : i === last ? painted : painted + pad
    })
    return (indent + parts.join(' '.repeat(GAP))).trimEnd()
  }
  return [
    line(
      columns.map((column) => column.header),
      columns.map(() => c.dim),
    ),
    ...texts.map((row, r) =>
      line(
        row,
        rows[r]!.map((cell) => (typeof cell === 'object' ? cell.paint : undefined)),
      ),
    ),
  ]
}

/** Takes from the widest shrinkable column first, down to the minima; on a very narrow screen then from all. */
const fit = (columns: readonly Column[], natural: readonly number[], width: number): readonly number[] => {
  const widths = [...natural]
  const total = (): number => widths.reduce((sum, w) => sum + w, 0) + GAP * (columns.length - 1)
  for (const minima of [columns.map((column, i) => column.min ?? natural[i]!), columns.map(() => 3)])
    for (let excess = total() - width; excess > 0; excess--) {
      const slack = widths.map((w, i) => (w > minima[i]! ? w : 0))
      const widest = slack.indexOf(Math.max(...slack))
      if (slack[widest] === 0) break
      widths[widest]!--
    }
  return widths
}
