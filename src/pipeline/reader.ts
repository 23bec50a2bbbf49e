/**
 * A reader turns what a source yields into outcomes: framing, parsing and classifying, everything that needs no memory
 * of other events. That is why it may run elsewhere, on another core, while conclusions are drawn here.
 */
import type { RawRecord } from '../core/event.ts'
import type { Trace } from '../core/reason.ts'
import type { SourceItem } from '../kit/source.ts'
import { interpret, type Lane, type Outcome } from './engine.ts'
import { Streams } from './streams.ts'

export interface Reader {
  /**
   * The outcomes of one item, in log order, each made when it is asked for: what is absorbed at once is still in the
   * processor's cache. Items are handed over one by one and their outcomes taken in the same order.
   */
  read(item: SourceItem): Iterable<Outcome> | Promise<Iterable<Outcome>>
  close(): Promise<void>
}

export interface LocalReader extends Reader {
  read(item: SourceItem): Iterable<Outcome>
}

export const localReader = (lane: Lane, trace: Trace): LocalReader => {
  const streams = new Streams(lane)
  return {
    *read(item) {
      if (item.kind === 'unread') {
        const raw = { source: item.path, offset: item.cursor.offset - item.length, length: item.length }
        yield { rejection: { code: item.code, text: item.text, raw } }
      } else for (const record of recordsOf(item, streams)) yield interpret(record, lane, trace)
    },
    close: async () => {},
  }
}

const recordsOf = (item: SourceItem, streams: Streams): readonly RawRecord[] => {
  switch (item.kind) {
    case 'bytes':
      return streams.bytes(item).records
    case 'end':
      return streams.end(item).records
    case 'record':
      return [{ bytes: item.bytes, ref: { source: item.path, offset: 0, length: item.bytes.length } }]
    default:
      return []
  }
}
