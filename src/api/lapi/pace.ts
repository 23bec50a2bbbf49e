/**
 * How many entries a client is given at a time that is slow with many: more while it comes back at its usual interval,
 * fewer when it comes late. The firewall bouncer dumps its whole set before every 200 additions, so the right number
 * falls as its set grows: 229 s for 100,000 at once, and no new ban meanwhile.
 */
import type { Millis } from '../../core/time.ts'

export interface Pace {
  /** Entries per answer. */
  readonly portion: number
  /** Between two requests of a client that is not busy; unknown before the second. */
  readonly usual?: Millis
}

export const SMALLEST = 250
export const LARGEST = 10_000
const FIRST = 1000

const bounded = (portion: number): number => Math.min(LARGEST, Math.max(SMALLEST, Math.round(portion)))

/** Of a client in the state that was written down for it, in JSON, or of a new one. */
export const readPace = (text: string | undefined): Pace => {
  try {
    const { portion } = JSON.parse(text ?? '') as { readonly portion?: unknown }
    if (typeof portion === 'number' && Number.isFinite(portion)) return { portion: bounded(portion) }
  } catch {
    // As with what was delivered: a row that cannot be read is as good as none.
  }
  return { portion: FIRST }
}

/** Later than this many usual intervals is late. */
const LATE = 1.5
const GROWTH = 1.25

/** A request came `gap` after the one before it, whose answer held `given` entries. */
export const paced = ({ portion, usual }: Pace, gap: Millis, given: number): Pace => {
  if (usual === undefined) return { portion, usual: gap }
  const isLate = gap > LATE * usual
  // The shortest gap, but not for ever: a request that was repeated at once is not an interval.
  const next = gap < usual ? gap : usual + (gap - usual) / 8
  // A short answer says nothing about how many the client can take.
  if (given < portion / 2) return { portion, usual: next }
  return { portion: bounded(isLate ? portion / 2 : given < portion ? portion : portion * GROWTH), usual: next }
}
