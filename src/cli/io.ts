import type { Millis } from '../core/time.ts'

/** A stream that text goes to. `columns` is set on a terminal only. */
export interface Out {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** Everything of the world that the command line touches by itself; tests hand in their own. */
export interface Io {
  readonly out: Out
  readonly err: Out
  readonly env: Readonly<Record<string, string | undefined>>
  now(): Millis
  /** Who is asking, for the audit trail: `alice`. */
  readonly user: string
  /** Throws like `fs.readFileSync` does. */
  readFile(path: string): string
  exists(path: string): boolean
}

/** Width to lay out for; undefined where lines may be as long as they like (a pipe or a file). */
export const widthOf = (out: Out): number | undefined => (out.isTTY ? Math.max(20, out.columns || 80) : undefined)
