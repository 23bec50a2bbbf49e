/**
 * A reader turns what a source yields into outcomes: framing, parsing and classifying, everything that needs no memory
 * of other events. That is why it may run elsewhere, on another core, while conclusions are drawn here.
 */
import type { Trace } from '../core/reason.ts'
import type { SourceItem } from '../kit/source.ts'
import { interpret, type Lane, type Outcome } from './engine.ts'
import { Streams } from './streams.ts'

export interface Reader {
  /** The outcomes of one item, in log order. Items are handed over one by one; answers come in the same order. */
  read(item: SourceItem): readonly Outcome[] | Promise<readonly Outcome[]>
  close(): Promise<void>
}

export const localReader = (lane: Lane, trace: Trace): Reader => {
  const streams = new Streams(lane)
  return {
    read: (item) => {
      switch (item.kind) {
        case 'bytes':
          return streams.bytes(item).records.map((record) => interpret(record, lane, trace))
        case 'end':
          return streams.end(item).records.map((record) => interpret(record, lane, trace))
        case 'record': {
          const ref = { source: item.path, offset: 0, length: item.bytes.length }
          return [interpret({ bytes: item.bytes, ref }, lane, trace)]
        }
        case 'unread': {
          const raw = { source: item.path, offset: item.cursor.offset - item.length, length: item.length }
          return [{ rejection: { code: item.code, text: item.text, raw } }]
        }
        default:
          return []
      }
    },
    close: async () => {},
  }
}
