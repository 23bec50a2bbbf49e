/**
 * Memory is bounded by the number of actors, too: a flood from a million addresses must not become a million rows in
 * every table. Beyond the limit the actor that was met first makes room; it starts anew if it is seen again.
 */
import type { Millis } from '../core/time.ts'
import type { StateTable } from '../kit/state.ts'

/** Rows per table. With some fifteen scenarios and half a kilobyte a row this stays within 150 MB at its worst. */
export const MOST_ROWS = 20_000

export const boundedPut = <T>(table: StateTable<T>, key: string, value: T, expiresAt: Millis): void => {
  if (table.size >= MOST_ROWS && table.get(key, 0) === undefined)
    for (const [oldest] of table.entries(0)) {
      table.delete(oldest)
      break
    }
  table.put(key, value, expiresAt)
}
