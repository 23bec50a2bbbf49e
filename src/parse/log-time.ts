/**
 * The time notations of the logs. Each reader takes the text and returns epoch milliseconds, or NaN.
 * A `local` time carries no zone: it is returned as if it were UTC, for `resolveTime` to place.
 */
import { Buffer } from 'node:buffer'
import { DAY, HOUR, MINUTE, type Millis, SECOND } from '../core/time.ts'
import type { ParseContext } from '../kit/parse.ts'

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'

const digits = (text: string, at: number, count: number): number => {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

const month = (text: string, at: number): number => {
  const index = MONTHS.indexOf(text.slice(at, at + 3))
  return index % 3 === 0 ? index / 3 : Number.NaN
}

/** Refuses what the calendar does not have: Date.UTC would silently roll the 31st of June over. */
const utc = (year: number, mon: number, day: number, hour: number, minute: number, second: number): Millis => {
  if (!(mon >= 0 && mon < 12 && hour < 24 && minute < 60 && second < 61 && day > 0 && year >= 1970)) return Number.NaN
  if (day > 28 && new Date(Date.UTC(year, mon, day)).getUTCDate() !== day) return Number.NaN
  return Date.UTC(year, mon, day, hour, minute, second)
}

const clock = (text: string, at: number): [number, number, number] =>
  text[at + 2] === ':' && text[at + 5] === ':'
    ? [digits(text, at, 2), digits(text, at + 3, 2), digits(text, at + 6, 2)]
    : [Number.NaN, 0, 0]

/** Fraction digits from `at` on (after the dot), as milliseconds; what follows them is not looked at. */
const fraction = (text: string, at: number): { millis: number; end: number } => {
  let end = at
  while (end < at + 12 && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++
  const millis = end === at ? 0 : Number.parseInt(text.slice(at, Math.min(end, at + 3)).padEnd(3, '0'), 10)
  return { millis, end }
}

/** `+0200`, `+02:00`, `-0530` or `Z` at `at`: milliseconds east of UTC, or NaN. */
const zone = (text: string, at: number): Millis => {
  const sign = text[at]
  if (sign === 'Z') return 0
  if (sign !== '+' && sign !== '-') return Number.NaN
  const colon = text[at + 3] === ':' ? 1 : 0
  const hours = digits(text, at + 1, 2)
  const minutes = digits(text, at + 3 + colon, 2)
  return hours <= 14 && minutes < 60 ? (sign === '-' ? -1 : 1) * (hours * HOUR + minutes * MINUTE) : Number.NaN
}

/** `Sun Nov 22 04:31:37 2026`, day padded with a blank or zero, optional fraction (Apache's error log). Local. */
export const ctime = (text: string): Millis => {
  // Records of a busy server come many to the second.
  if (text === latest.text) return latest.time
  latest = { text, time: readCtime(text) }
  return latest.time
}

let latest = { text: '', time: Number.NaN }

const readCtime = (text: string): Millis => {
  const [hour, minute, second] = clock(text, 11)
  const day = text[8] === ' ' ? digits(text, 9, 1) : digits(text, 8, 2)
  const dotted = text[19] === '.' ? fraction(text, 20) : { millis: 0, end: 19 }
  return utc(digits(text, dotted.end + 1, 4), month(text, 4), day, hour, minute, second) + dotted.millis
}

/** `22/Nov/2026:04:34:13.231904 +0000`, the fraction optional. True UTC. */
export const clfTime = (text: string): Millis => {
  if (text[2] !== '/' || text[6] !== '/' || text[11] !== ':') return Number.NaN
  const [hour, minute, second] = clock(text, 12)
  const dotted = text[20] === '.' ? fraction(text, 21) : { millis: 0, end: 20 }
  const local = utc(digits(text, 7, 4), month(text, 3), digits(text, 0, 2), hour, minute, second)
  return local + dotted.millis - zone(text, dotted.end + 1)
}

/** `2026/11/22 04:31:37` (nginx's error log, Coraza). Local. */
export const slashTime = (text: string): Millis => {
  const [hour, minute, second] = clock(text, 11)
  return utc(digits(text, 0, 4), digits(text, 5, 2) - 1, digits(text, 8, 2), hour, minute, second)
}

/** ISO 8601 as `$time_iso8601` and JSON writers print it: `2026-11-22T04:31:37.250+00:00`. True UTC; NaN without a zone. */
export const isoTime = (text: string): Millis => {
  if (text[4] !== '-' || text[7] !== '-') return Number.NaN
  const [hour, minute, second] = clock(text, 11)
  const dotted = text[19] === '.' ? fraction(text, 20) : { millis: 0, end: 19 }
  const local = utc(digits(text, 0, 4), digits(text, 5, 2) - 1, digits(text, 8, 2), hour, minute, second)
  return local + dotted.millis - zone(text, dotted.end)
}

/** Epoch seconds at the head of libmodsecurity's own ids (`179532186926.853014` = seconds, then a random number), or NaN. */
export const epochInId = (id: string): Millis =>
  id.length > 10 && /^1\d{9}\d{0,3}(?:\.\d{1,9})?$/.test(id) ? digits(id, 0, 10) * SECOND : Number.NaN

/** Apache's mod_unique_id: base64 of a structure that begins with the seconds, big endian; NaN when the id is none. */
export const epochInApacheId = (id: string): Millis => {
  if (!/^[A-Za-z0-9@_+/-]{22,40}$/.test(id)) return Number.NaN
  // Its first alphabet ended in `@-`, today's in `-_` (base64url), which Buffer knows.
  const head = id.includes('@') ? id.slice(0, 6).replaceAll('-', '/').replaceAll('@', '+') : id.slice(0, 6)
  return Buffer.from(head, 'base64').readUInt32BE(0) * SECOND
}

const QUARTER: Millis = 15 * MINUTE

/**
 * True UTC of a time that was logged without a zone. Zones are whole quarters of an hour from -12 to +14 h, so an
 * epoch that stands a whole number of quarters away (give or take a minute between the two readings of the clock) shows
 * the zone; anything else is a coincidence or a forged id, and the configured zone decides.
 */
export const resolveTime = (local: Millis, epoch: Millis, zoneMinutes: ParseContext['zoneMinutes']): Millis => {
  const away = local - epoch
  const offset = Math.round(away / QUARTER) * QUARTER
  const fits = offset >= -DAY / 2 && offset <= 14 * HOUR && Math.abs(away - offset) <= MINUTE
  return local - (fits ? offset : zoneMinutes(local) * MINUTE)
}
