/** More than `capacity` events within any `window`: the exact sliding count, kept as the times that still matter. */
import { formatDuration } from '../../core/duration.ts'
import type { Millis } from '../../core/time.ts'
import type { BucketType } from './bucket.ts'
import { inOrder } from './in-order.ts'

export interface CounterBucket {
  /** Ascending; never more than `capacity`, because one more is the overflow. */
  times: Millis[]
}

export interface CounterOptions {
  readonly capacity: number
  readonly window: Millis
}

export const counter = ({ capacity, window }: CounterOptions): BucketType<CounterBucket> => ({
  limit: `more than ${capacity} within ${formatDuration(window)}`,
  pour(bucket, drop) {
    const last = bucket?.times.at(-1)
    const inside = last === undefined ? undefined : inOrder(drop.now, last)
    const now = inside ?? drop.now
    const times = inside === undefined ? [] : bucket!.times.filter((t) => now - t < window)
    const fresh = times.length === 0
    times.push(now)
    if (times.length > capacity) return { fresh, overflow: true, until: now }
    return { fresh, bucket: { times }, until: now + window }
  },
})
