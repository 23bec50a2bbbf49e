/**
 * One record per line. What is longer than the limit is shortened while it streams past, so that memory stays below
 * limit + chunk, and `cut` says how much was dropped. Records may be views of the pushed bytes: a chunk must not be
 * written to again while its records are in use.
 */
import { Buffer } from 'node:buffer'
import type { RawRecord } from '../core/event.ts'
import type { Framer, FramerOptions } from '../kit/parse.ts'

/** Takes the pieces of one record that exceeds the limit, keeps what it can of it. */
export interface Shortener {
  take(bytes: Uint8Array): void
  result(): { readonly bytes: Uint8Array; readonly cut: number }
}

/** Keeps the first `limit` bytes. */
const keepHead = (limit: number): Shortener => {
  const kept = Buffer.allocUnsafe(limit)
  let length = 0
  let cut = 0
  return {
    take(bytes) {
      const room = Math.min(limit - length, bytes.length)
      kept.set(bytes.subarray(0, room), length)
      length += room
      cut += bytes.length - room
    },
    result: () => ({ bytes: kept.subarray(0, length), cut }),
  }
}

/** Bytes of an unfinished record, grown by doubling: a writer that flushes byte by byte must not cost a list of views. */
export const growing = () => {
  let store = Buffer.allocUnsafe(4096)
  let length = 0
  return {
    get length(): number {
      return length
    },
    add(bytes: Uint8Array): void {
      if (length + bytes.length > store.length) {
        const larger = Buffer.allocUnsafe(Math.max(store.length * 2, length + bytes.length))
        larger.set(store.subarray(0, length))
        store = larger
      }
      store.set(bytes, length)
      length += bytes.length
    },
    view: (): Buffer => store.subarray(0, length),
    /** A copy of what is held; holds nothing afterwards. One large record must not leave its buffer behind. */
    take(): Buffer {
      const taken = Buffer.from(store.subarray(0, length))
      length = 0
      if (store.length > 1 << 16) store = Buffer.allocUnsafe(4096)
      return taken
    },
  }
}

const NEWLINE = 10
const RETURN = 13

export const lineFramer = (options: FramerOptions, shorten: (limit: number) => Shortener = keepHead): Framer => {
  const held = growing()
  let shortener: Shortener | undefined
  let start = options.start
  let end = options.start

  const hold = (bytes: Uint8Array): void => {
    if (!shortener && held.length + bytes.length > options.limit) {
      shortener = shorten(options.limit)
      shortener.take(held.take())
    }
    if (shortener) shortener.take(bytes)
    else held.add(bytes)
  }

  const whole = (bytes: Uint8Array, offset: number): RawRecord => ({
    bytes,
    ref: { source: options.source, offset, length: bytes.length },
  })

  /** The record whose last bytes are `tail`, or undefined for a blank line: a separator, not a record. */
  const finish = (tail: Uint8Array): RawRecord | undefined => {
    if (!shortener && held.length === 0 && tail.length <= options.limit)
      return tail.length === 0 || (tail.length === 1 && tail[0] === RETURN) ? undefined : whole(tail, start)
    hold(tail)
    if (!shortener) {
      const bytes = held.take()
      return bytes.length === 0 || (bytes.length === 1 && bytes[0] === RETURN) ? undefined : whole(bytes, start)
    }
    const { bytes, cut } = shortener.result()
    shortener = undefined
    return { bytes, cut, ref: { source: options.source, offset: start, length: end - start } }
  }

  return {
    push(bytes, offset) {
      const records: RawRecord[] = []
      let at = 0
      if (start === end) start = end = offset
      while (at < bytes.length) {
        // A file truncated under a writer that does not append has a hole of NULs before the next record.
        if (start === offset + at && bytes[at] === 0) {
          at++
          start = end = offset + at
          continue
        }
        const newline = bytes.indexOf(NEWLINE, at)
        if (newline < 0) {
          hold(bytes.subarray(at))
          end = offset + bytes.length
          break
        }
        end = offset + newline
        const record = finish(bytes.subarray(at, newline))
        if (record) records.push(record)
        at = newline + 1
        start = end = offset + at
      }
      return records
    },
    end() {
      if (start === end) return []
      const record = finish(new Uint8Array(0))
      start = end
      return record ? [record] : []
    },
    get consumed() {
      return start
    },
  }
}
