/**
 * The progress line of a long replay: on the error stream, on a terminal only, gone when the work is done, so that
 * neither a pipe nor the scrollback ever holds half of it.
 */
import type { Progress } from '../../app/replay.ts'
import type { Io } from '../io.ts'
import { paletteFor } from './colour.ts'
import { count } from './number.ts'
import { bytesText, span } from './time.ts'
import { truncate } from './width.ts'

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/** `share` of `width` cells filled, with eighths of a cell. */
export const bar = (share: number, width: number): string => {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8)
  const full = Math.floor(eighths / 8)
  return ('█'.repeat(full) + EIGHTHS[eighths % 8]!).padEnd(width, '░')
}

export interface ProgressLine {
  update(progress: Progress): void
  /** Takes the line away for good. */
  clear(): void
}

const REDRAW_EVERY = 100
/** Rate over the last seconds: what counts for the time left is how fast it goes now, not how slowly it began. */
const WINDOW = 5_000

export const progressLine = (io: Io): ProgressLine => {
  if (!io.err.isTTY || io.env['TERM'] === 'dumb') return { update() {}, clear() {} }
  const c = paletteFor(io.err, io.env)
  const began = io.now()
  let drawn = 0
  let shown = false
  const marks: { readonly at: number; readonly bytes: number }[] = [{ at: began, bytes: 0 }]
  return {
    update(progress) {
      const now = io.now()
      if (now - drawn < REDRAW_EVERY) return
      drawn = now
      shown = true
      marks.push({ at: now, bytes: progress.bytes })
      while (marks.length > 2 && now - marks[0]!.at > WINDOW) marks.shift()
      const first = marks[0]!
      const perSecond = now > first.at ? ((progress.bytes - first.bytes) * 1000) / (now - first.at) : 0
      io.err.write(`\r\u001b[K${progressText(progress, perSecond, Math.max(20, io.err.columns || 80) - 1, c.cyan)}`)
    },
    clear() {
      if (shown) io.err.write('\r\u001b[K')
      shown = false
    },
  }
}

/** The line itself, at most `width` cells. `perSecond` is in bytes. */
export const progressText = (
  progress: Progress,
  perSecond: number,
  width: number,
  paint: (text: string) => string = (text) => text,
): string => {
  const { bytes, total, records, decisions } = progress
  const facts = `${count(records)} records  ${count(decisions)} decisions`
  const rate = perSecond > 0 ? `${bytesText(perSecond)}/s` : ''
  if (total === undefined || total <= 0)
    return truncate([bytesText(bytes), rate, facts].filter(Boolean).join('  '), width)
  const share = Math.min(1, bytes / total)
  const left = perSecond > 0 && share < 1 ? `${span(Math.ceil((total - bytes) / perSecond) * 1000)} left` : ''
  const tail = [`${Math.floor(share * 100)} %`.padStart(5), rate, left, facts].filter(Boolean).join('  ')
  const room = Math.min(30, width - tail.length - 2)
  return room < 6 ? truncate(tail.trimStart(), width) : `${paint(bar(share, room))} ${tail}`
}
