/**
 * A bucket type is a pure fold: bucket and drop in, bucket out, and whether it overflowed. Buckets are plain JSON
 * values, because a commit snapshots them; all times are log time.
 */
import type { Millis } from '../../core/time.ts'

export interface Drop {
  readonly now: Millis
  /** Hashes of what the scenario calls distinct, e.g. of the path; empty when it does not ask. */
  readonly marks: readonly number[]
  /** Of a sequence: whether the event passes the filter of step `n`. */
  passes(step: number): boolean
}

export interface Poured<B> {
  /** Undefined: the bucket is empty, keep nothing. */
  readonly bucket?: B
  /** The drop did not count (a repetition, a late event, a step out of turn). */
  readonly ignored?: boolean
  /** A new life of the bucket began with this drop: what was tallied before belongs to another story. */
  readonly fresh?: boolean
  /** The story is complete: nothing of the bucket is kept. */
  readonly overflow?: boolean
  /** When the bucket is as good as empty. */
  readonly until: Millis
}

export interface BucketType<B> {
  /** True of a type that keeps no bucket: every event overflows. */
  readonly atOnce?: boolean
  pour(bucket: B | undefined, drop: Drop): Poured<B>
  /** Said of an overflow, after the number of events: "…, more than 12 leaking 5 per 15s". */
  readonly limit: string
}
