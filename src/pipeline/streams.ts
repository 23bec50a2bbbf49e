/**
 * Bytes to records: one framer per stream, and the cursor that says how far its records are taken.
 * A cursor never points into a record that has not been taken, so a restart re-reads whole records only.
 */
import type { RawRecord } from '../core/event.ts'
import type { Framer } from '../kit/parse.ts'
import type { Cursor, SourceItem } from '../kit/source.ts'
import type { Lane } from './engine.ts'

type Item<K extends SourceItem['kind']> = Extract<SourceItem, { kind: K }>

export class Streams {
  readonly #lane: Lane
  readonly #open = new Map<string, Framer>()

  constructor(lane: Lane) {
    this.#lane = lane
  }

  bytes(item: Item<'bytes'>): { readonly records: readonly RawRecord[]; readonly cursor: Cursor } {
    const { cursor, bytes } = item
    let framer = this.#open.get(cursor.stream)
    if (!framer) {
      framer = this.#lane.format.frame({ source: item.path, start: cursor.offset, limit: this.#lane.lineLimit })
      this.#open.set(cursor.stream, framer)
    }
    const records = framer.push(bytes, cursor.offset)
    return { records, cursor: { ...cursor, offset: framer.consumed } }
  }

  /** What was pending when the stream ended: torn records, which the parser will judge. */
  end(item: Item<'end'>): { readonly records: readonly RawRecord[]; readonly cursor: Cursor } {
    const framer = this.#open.get(item.cursor.stream)
    this.#open.delete(item.cursor.stream)
    return { records: framer?.end() ?? [], cursor: { ...item.cursor, done: true } }
  }
}
