/** Ends and lengths of time as other programs write them. */
import { DAY, HOUR, MINUTE, type Millis, SECOND } from '../../core/time.ts'

const UNITS: Readonly<Record<string, Millis>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
  y: 365 * DAY,
}

const LENGTH = /^-?(?:\d{1,12}(?:\.\d{1,12})?(?:ns|us|µs|μs|ms|s|m|h|d|w|y))+$/
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h|d|w|y)/g
const ENDLESS = new Set(['-1', 'permanent', 'forever', 'never', 'infinite'])

/**
 * A length of time: Go's `3h59m58.73s` (negative when it is over), `7d`, bare seconds. Infinity for fail2ban's `-1`,
 * `permanent` and the like; undefined when the text is none.
 */
export const readLength = (text: string): Millis | undefined => {
  const word = text.trim().toLowerCase()
  if (word.length > 64) return undefined
  if (ENDLESS.has(word)) return Number.POSITIVE_INFINITY
  if (/^\d{1,12}$/.test(word)) return Number(word) * SECOND
  if (!LENGTH.test(word)) return undefined
  let total = 0
  for (const [, amount, unit] of word.matchAll(PART)) total += Number(amount) * UNITS[unit!]!
  return word.startsWith('-') ? -total : total
}

const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?(?: UTC)?$/

/**
 * A moment: RFC 3339, SQLite's and Go's spellings of it, or seconds or milliseconds since 1970; UTC where no zone is
 * given. Undefined when the text is none. Go's zero time (year 1) is before 1970.
 */
export const readMoment = (text: string): Millis | undefined => {
  const word = text.trim()
  if (/^\d{9,10}(?:\.\d{1,9})?$/.test(word)) return Math.floor(Number(word) * SECOND)
  if (/^\d{12,13}$/.test(word)) return Number(word)
  const parts = MOMENT.exec(word)
  if (!parts) return undefined
  const [, day, time = '00:00', fraction = '0', zone = 'Z'] = parts
  const offset = zone === 'UTC' ? 'Z' : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')
  const seconds = time.length === 5 ? `${time}:00` : time
  const at = Date.parse(`${day}T${seconds}.${fraction.slice(0, 3)}${offset}`)
  return Number.isNaN(at) ? undefined : at
}
