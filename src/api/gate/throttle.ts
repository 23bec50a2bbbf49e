/** Requests at a rate, per subject: one number each (GCRA), kept only while it matters. */
import type { Millis } from '../../core/time.ts'

export interface Rate {
  /** One request per so long. */
  readonly every: Millis
  /** So many may come at once. */
  readonly burst: number
}

/** Subjects at a time; beyond these the longest known is forgotten, and so gets a fresh burst. */
const MOST = 100_000

/** Says of each request whether it is within the rate. */
export const createThrottle = ({ every, burst }: Rate): ((subject: string, now: Millis) => boolean) => {
  /** When the subject will have used up nothing. */
  const emptyAt = new Map<string, Millis>()
  return (subject, now) => {
    const level = Math.max(now, emptyAt.get(subject) ?? 0)
    if (level - now > (burst - 1) * every) return false
    if (!emptyAt.has(subject) && emptyAt.size >= MOST) emptyAt.delete(emptyAt.keys().next().value!)
    emptyAt.set(subject, level + every)
    return true
  }
}
