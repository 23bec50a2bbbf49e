import { Failure } from './failure.ts'
import { DAY, HOUR, MINUTE, type Millis, SECOND } from './time.ts'

const UNITS: Readonly<Record<string, Millis>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY }
const YEAR = 366 * DAY

/** Reads `90s`, `1h30m`, `7d`. Throws DURATION_INVALID on anything else, on zero and beyond ten years. */
export const parseDuration = (text: string): Millis => {
  const parts = text.trim().match(/\d+(?:ms|[smhdw])/g) ?? []
  const total = parts.reduce((sum, part) => {
    const unit = part.replace(/^\d+/, '')
    return sum + Number.parseInt(part, 10) * UNITS[unit]!
  }, 0)
  if (parts.join('') !== text.trim() || !(total > 0) || total > 10 * YEAR)
    throw new Failure('DURATION_INVALID', `${JSON.stringify(text)} is not a duration`, {
      remedy: 'Write a number and a unit, such as 90s, 15m, 4h, 7d or 1h30m; at most ten years.',
    })
  return total
}

/** The shortest exact text: `4h`, `1h30m`, `7d`. */
export const formatDuration = (millis: Millis): string => {
  let rest = Math.max(0, Math.round(millis))
  let text = ''
  for (const [unit, size] of [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
    ['s', SECOND],
    ['ms', 1],
  ] as const) {
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text || '0s'
}
