import type { Millis } from '../core/time.ts'

const OFFSET = /^([+-])(\d{2}):?(\d{2})$/

const fixedOffset = (zone: string): number | undefined => {
  const parts = OFFSET.exec(zone)
  if (!parts) return undefined
  const minutes = Number(parts[2]) * 60 + Number(parts[3])
  // Offsets in use run from -12:00 to +14:00; anything further is a typing error.
  if (Number(parts[3]) > 59 || minutes > 14 * 60) return undefined
  return parts[1] === '-' ? -minutes : minutes
}

/** True for `UTC`, `Europe/Berlin`, `+02:00`. */
export const isZone = (zone: string): boolean => {
  if (OFFSET.test(zone)) return fixedOffset(zone) !== undefined
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** Minutes east of UTC that `zone` keeps at `at`; summer time included. The zone must have passed `isZone`. */
export const zoneMinutes = (zone: string, at: Millis): number => {
  const fixed = fixedOffset(zone)
  if (fixed !== undefined) return fixed
  const name = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find((part) => part.type === 'timeZoneName')?.value
  return fixedOffset(name?.replace('GMT', '') ?? '') ?? 0
}
