/**
 * What a log format is: a way to cut bytes into records, and a way to read one record.
 * Both are total: whatever the bytes, they return; nothing is thrown, nothing is dropped unsaid.
 */
import type { RawRecord, RawRef, RejectionCode, Transaction } from '../core/event.ts'
import type { Millis } from '../core/time.ts'

export interface Unread {
  readonly code: RejectionCode
  /** What is wrong, without attacker text. */
  readonly text: string
}

/** `skip` = deliberately no event (a start-up notice in an error log); counted as ignored. */
export type Parsed = { readonly transaction: Transaction } | { readonly unread: Unread } | { readonly skip: string }

export interface ParseContext {
  /** Minutes east of UTC at a local time (given as if it were UTC), for times without a zone and without a better clue. */
  zoneMinutes(local: Millis): number
}

/**
 * Cuts a byte stream into records. Stateful, one per stream.
 * `push` never keeps more than `limit` bytes of one record: the rest is counted in `cut`.
 */
export interface Framer {
  push(bytes: Uint8Array, offset: number): readonly RawRecord[]
  /** The stream has ended: what is pending is handed out as it is (the parser will call it torn, or find it whole). */
  end(): readonly RawRecord[]
  /** Offset of the first byte that is not part of a record already handed out: where a restart must read again. */
  readonly consumed: number
}

export interface FramerOptions {
  readonly source: string
  /** Offset of the first byte that will be pushed. */
  readonly start: number
  /** Bytes of one record that are kept; the default of the configuration is 1 MiB. */
  readonly limit: number
}

export interface Format {
  readonly id: string
  readonly summary: string
  frame(options: FramerOptions): Framer
  parse(record: RawRecord, context: ParseContext): Parsed
}

export type { Millis, RawRecord, RawRef }
