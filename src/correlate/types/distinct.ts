/**
 * More than `capacity` different values within `window`: rule families, targets, user agents.
 * The set is bounded by its own overflow: it never holds more than `capacity` values.
 */
import { formatDuration } from '../../core/duration.ts'
import type { Millis } from '../../core/time.ts'
import type { BucketType } from './bucket.ts'
import { inOrder } from './in-order.ts'

export interface DistinctBucket {
  at: Millis
  /** Value hash and when it was last seen. */
  seen: readonly (readonly [mark: number, at: Millis])[]
}

export interface DistinctOptions {
  readonly capacity: number
  readonly window: Millis
  /** What is counted, in the plural, for the reason: "rule families". */
  readonly of: string
}

const indexOf = (seen: DistinctBucket['seen'], mark: number): number => {
  for (let i = 0; i < seen.length; i++) if (seen[i]![0] === mark) return i
  return -1
}

export const distinct = ({ capacity, window, of }: DistinctOptions): BucketType<DistinctBucket> => ({
  limit: `more than ${capacity} different ${of} within ${formatDuration(window)}`,
  pour(bucket, drop) {
    const inside = bucket && inOrder(drop.now, bucket.at)
    const now = inside ?? drop.now
    const seen: (readonly [mark: number, at: Millis])[] = []
    if (inside !== undefined) for (const known of bucket!.seen) if (now - known[1] < window) seen.push(known)
    const fresh = seen.length === 0
    for (const mark of drop.marks) {
      const i = indexOf(seen, mark)
      if (i >= 0) seen[i] = [mark, now]
      else if (seen.push([mark, now]) > capacity) return { fresh, overflow: true, until: now }
    }
    if (seen.length === 0) return { ignored: true, until: now }
    return { fresh, bucket: { at: now, seen }, until: now + window }
  },
})
