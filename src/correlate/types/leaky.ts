/**
 * A leaky bucket as one integer, the moment it would run empty (GCRA): no level to drift, no timer to keep in step.
 * With `distinct`, a drop whose mark the bucket already holds does not count: one page polled for ever is no sweep.
 */
import { formatDuration } from '../../core/duration.ts'
import type { Millis } from '../../core/time.ts'
import type { BucketType } from './bucket.ts'
import { inOrder } from './in-order.ts'

export interface LeakyBucket {
  emptyAt: Millis
  /** Newest drop. */
  at: Millis
  marks?: number[]
}

export interface LeakyOptions {
  readonly capacity: number
  /** `drops` leak out per `every` milliseconds. */
  readonly leak: { readonly drops: number; readonly every: Millis }
  /** The bucket is forgotten when nothing came for so long. */
  readonly window?: Millis
  readonly distinct: boolean
}

/** Marks remembered per bucket: beyond this the oldest may count again. */
const MARKS = 256

export const leaky = (options: LeakyOptions): BucketType<LeakyBucket> => {
  const perDrop = Math.max(1, Math.round(options.leak.every / options.leak.drops))
  const idle = options.window ?? Number.POSITIVE_INFINITY
  return {
    limit: `more than ${options.capacity}, leaking ${options.leak.drops} per ${formatDuration(options.leak.every)}`,
    pour(bucket, drop) {
      const inside = bucket && inOrder(drop.now, bucket.at)
      const now = inside ?? drop.now
      const live = inside !== undefined && bucket!.emptyAt > now && now - bucket!.at < idle ? bucket : undefined
      const fresh = live === undefined
      const emptyAt = (live?.emptyAt ?? now) + perDrop
      if (options.distinct) {
        const held = live?.marks ?? []
        const marks = drop.marks.filter((mark) => !held.includes(mark))
        if (marks.length === 0)
          return live ? { bucket: live, ignored: true, until: live.emptyAt } : { ignored: true, until: now }
        if (emptyAt - now > options.capacity * perDrop) return { overflow: true, until: now }
        const kept = held.concat(marks)
        return { fresh, bucket: { emptyAt, at: now, marks: kept.slice(-MARKS) }, until: emptyAt }
      }
      if (emptyAt - now > options.capacity * perDrop) return { fresh, overflow: true, until: now }
      return { fresh, bucket: { emptyAt, at: now }, until: emptyAt }
    },
  }
}
