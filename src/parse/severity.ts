/** Syslog's severities by the names that ModSecurity 2 and Coraza write. */
const NAMES: ReadonlyMap<string, number> = new Map([
  ['EMERGENCY', 0],
  ['ALERT', 1],
  ['CRITICAL', 2],
  ['ERROR', 3],
  ['WARNING', 4],
  ['NOTICE', 5],
  ['INFO', 6],
  ['DEBUG', 7],
])

/** 0 (emergency) to 7 (debug) out of a digit, a string of one digit, or a name; undefined when nothing was logged. */
export const readSeverity = (value: unknown): number | undefined => {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 && value <= 7 ? value : undefined
  if (typeof value !== 'string') return undefined
  if (value.length === 1) {
    const digit = value.charCodeAt(0) - 48
    return digit >= 0 && digit <= 7 ? digit : undefined
  }
  return value.length > 9 ? undefined : NAMES.get(value.toUpperCase())
}
