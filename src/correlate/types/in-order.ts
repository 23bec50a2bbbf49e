/**
 * Log time is nearly in order: audit logs are written at completion, with whole seconds, by several workers.
 * A bucket therefore keeps the newest time it has seen and treats a slightly late event as if it came now.
 * What is further behind belongs to another time: an old file being caught up, or the bucket was filled by a clock that
 * had jumped ahead. It starts a bucket of its own; were it dropped instead, one jump would blind us for years.
 */
import { MINUTE, type Millis } from '../../core/time.ts'

export const LATE: Millis = 10 * MINUTE

/** The moment at which an event counts in a bucket last poured at `last`; undefined: not in this bucket. */
export const inOrder = (now: Millis, last: Millis): Millis | undefined =>
  now >= last ? now : last - now > LATE ? undefined : last
