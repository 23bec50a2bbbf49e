import { DAY, HOUR, iso, MINUTE, type Millis, SECOND } from '../../core/time.ts'

/** `2026-11-22 07:46:41`, UTC: sorts, copies and compares, whatever the terminal's locale. */
export const clock = (at: Millis): string => iso(at).slice(0, 19).replace('T', ' ')

/** A span in its two largest units: `3 h 40 m`, `12 s`, `2 d`. */
export const span = (millis: Millis): string => {
  const abs = Math.abs(millis)
  if (abs < SECOND) return `${Math.round(abs)} ms`
  const units: readonly (readonly [string, Millis])[] = [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
    ['s', SECOND],
  ]
  const first = units.findIndex(([, size]) => abs >= size)
  const [unit, size] = units[first]!
  const whole = Math.floor(abs / size)
  const next = units[first + 1]
  const rest = next ? Math.floor((abs - whole * size) / next[1]) : 0
  return rest > 0 && next ? `${whole} ${unit} ${rest} ${next[0]}` : `${whole} ${unit}`
}

/** `5 m ago`, `in 3 h 40 m`, `now`. */
export const relative = (at: Millis, now: Millis): string => {
  const distance = at - now
  if (Math.abs(distance) < SECOND) return 'now'
  return distance < 0 ? `${span(distance)} ago` : `in ${span(distance)}`
}

/** `10 m ago`: the largest unit only, where a column has to be narrow. */
export const roughly = (at: Millis, now: Millis): string => {
  const text = relative(at, now)
  return text.replace(/^((?:in )?\d+ \w+) \d+ \w+/, '$1')
}

/** Bytes for a person: `412 B`, `3.6 MB`. */
export const bytesText = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
