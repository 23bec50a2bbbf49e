/**
 * Serials of zones that we write: the unix second, and always one that follows the last (RFC 1982), whatever numbering
 * it came from: a serial that goes back leaves secondaries with the old zone for ever.
 */
import type { Millis } from '../core/time.ts'

/** Whether `a` comes after `b`. */
export const follows = (a: number, b: number): boolean => {
  const distance = (a - b) >>> 0
  return distance > 0 && distance < 0x80000000
}

export const nextSerial = (now: Millis, before: readonly (number | undefined)[]): number => {
  let serial = Math.floor(now / 1000) >>> 0
  for (const last of before) if (last !== undefined && !follows(serial, last)) serial = (last + 1) >>> 0
  return serial
}
