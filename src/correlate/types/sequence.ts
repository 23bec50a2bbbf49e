/** Steps in this order, each as often as it asks, all within `window` of the first. Anything else in between is let pass. */
import { formatDuration } from '../../core/duration.ts'
import type { Millis } from '../../core/time.ts'
import type { BucketType } from './bucket.ts'
import { inOrder } from './in-order.ts'

export interface SequenceBucket {
  /** Start of the first step. */
  since: Millis
  at: Millis
  step: number
  /** Times the current step has been seen. */
  hits: number
}

export interface SequenceOptions {
  readonly times: readonly number[]
  readonly window: Millis
}

export const sequence = ({ times, window }: SequenceOptions): BucketType<SequenceBucket> => ({
  limit: `${times.length} steps in order within ${formatDuration(window)}`,
  pour(bucket, drop) {
    const inside = bucket && inOrder(drop.now, bucket.at)
    const now = inside ?? drop.now
    const live = inside !== undefined && now - bucket!.since < window ? bucket : undefined
    const step = live?.step ?? 0
    if (!drop.passes(step))
      return live ? { bucket: live, ignored: true, until: live.since + window } : { ignored: true, until: now }
    const fresh = live === undefined
    const hits = (live?.hits ?? 0) + 1
    const since = live?.since ?? now
    if (hits < times[step]!) return { fresh, bucket: { since, at: now, step, hits }, until: since + window }
    if (step + 1 === times.length) return { fresh, overflow: true, until: now }
    return { fresh, bucket: { since, at: now, step: step + 1, hits: 0 }, until: since + window }
  },
})
