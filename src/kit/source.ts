/**
 * What a source is: something that yields bytes and can go on after a crash exactly where a commit left it.
 * A source pulls: it reads on only when the pipeline asks, so a slow store slows the reading and nothing piles up.
 */
import type { Finding } from '../core/finding.ts'

/**
 * Where reading goes on. One cursor per stream; a stream is one life of one file (its bytes from 0 to the end),
 * whatever names it has borne. Committed in the same transaction as what came of the bytes before `offset`.
 */
export interface Cursor {
  /** The configured source, e.g. `file:/var/log/modsec_audit.log`. */
  readonly source: string
  /** Identity of the stream within the source. */
  readonly stream: string
  readonly offset: number
  /** Facts by which the source recognises the stream again (path, device, inode, fingerprint); the pipeline only stores them. */
  readonly facts: Readonly<Record<string, string | number | boolean>>
  /** True when the stream has ended and everything before `offset` is all there will ever be. */
  readonly done?: boolean
}

export type SourceItem =
  /** Bytes of a stream, in order, starting at `cursor.offset`. */
  | { readonly kind: 'bytes'; readonly cursor: Cursor; readonly bytes: Uint8Array; readonly path: string }
  /** One complete record that needs no framing (a concurrent-format entry). `cursor` is the position after it. */
  | { readonly kind: 'record'; readonly cursor: Cursor; readonly bytes: Uint8Array; readonly path: string }
  /** The stream will yield nothing more; `lost` counts bytes that are known to have been destroyed before we could read them. */
  | { readonly kind: 'end'; readonly cursor: Cursor; readonly lost?: number; readonly path: string }
  /** A record that the source itself could not deliver (a concurrent entry that is missing). */
  | {
      readonly kind: 'unread'
      readonly cursor: Cursor
      readonly code: 'CONCURRENT_MISSING' | 'INDEX_SHAPE'
      readonly text: string
      readonly path: string
      readonly length: number
    }
  /** Everything there is has been read; the pipeline commits what it has. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'finding'; readonly finding: Finding }

export interface Source {
  /** The name that cursors, errors and metrics carry. */
  readonly id: string
  /** Yields until `signal` aborts, or, with `follow: false`, until everything that exists now has been read. */
  read(cursors: readonly Cursor[], signal: AbortSignal): AsyncIterable<SourceItem>
}
