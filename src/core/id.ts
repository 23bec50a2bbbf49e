/**
 * Ids derived from content, so that the same bytes read twice give the same id.
 * 96 bits of SHA-256: at a billion events the chance of one collision is about 1 in 10^11.
 */
import { hash } from 'node:crypto'

const short = (text: string | Uint8Array): string => hash('sha256', text, 'hex').slice(0, 24)

/** Reused for every record: an allocation of the record's size each time would cost more than the hash. */
let scratch = Buffer.allocUnsafeSlow(4096)

/** `e-…` of a record: the sensor keys it, so two sensors that log the same bytes stay apart. */
export const eventId = (sensorKey: string, bytes: Uint8Array): string => {
  const room = 3 * sensorKey.length + bytes.length
  if (scratch.length < room) scratch = Buffer.allocUnsafeSlow(2 * room)
  const key = scratch.write(sensorKey, 0)
  scratch.set(bytes, key)
  return `e-${short(scratch.subarray(0, key + bytes.length))}`
}

/** `a-…`, `i-…`, `d-…`, `r-…` of the facts that identify an alert, an incident, a decision or a run. */
export const derivedId = (prefix: 'a' | 'i' | 'd' | 'r', ...parts: readonly (string | number)[]): string =>
  `${prefix}-${short(parts.join('\u0000'))}`

/** Things that one series can tell apart. */
const SERIES = 2 ** 13

/**
 * Ids of the things that one command makes, by their index below 8192: one after the other, because an index of the
 * store takes a run of neighbours at the cost of one, and a million scattered ones at the cost of a million pages.
 * The first 48 bits, which reference codes show, tell things apart too: 35 bits of the facts' hash, 13 of the index.
 */
export const derivedIds = (prefix: 'd', ...parts: readonly (string | number)[]): ((index: number) => string) => {
  const hex = short(parts.join('\u0000'))
  const first = Math.floor(Number.parseInt(hex.slice(0, 9), 16) / 2) * SERIES
  const rest = hex.slice(12)
  return (index) => `${prefix}-${(first + index).toString(16).padStart(12, '0')}${rest}`
}
