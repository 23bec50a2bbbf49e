/**
 * Records between boundaries: `--id-A--` ... `--id-Z--` (ModSecurity 2, Coraza) and `---id---A--` ... (ModSecurity 3).
 * Lines outside of records are handed out one by one, so that one framer serves the native formats, where such a line
 * is a torn rest, and `auto`, where it is a record of another kind.
 *
 * Bodies are logged raw and may contain boundaries of the attacker's making, with an id of his own. So inside a record
 * only its own id counts, and a foreign A boundary means "this record is torn, here is the next" only where a body
 * cannot be: in the other parts, or beyond the Content-Length of the request. A body that announces no length keeps
 * its record open until its own boundary comes or RESYNC bytes have passed: no server passes on a longer one by
 * default, and without a bound one crash of the writer would swallow the rest of the log.
 *
 * What exceeds the limit is taken out of the bodies, so that part H, which comes last, survives a large upload.
 */
import { Buffer } from 'node:buffer'
import type { RawRecord } from '../core/event.ts'
import type { Framer, FramerOptions } from '../kit/parse.ts'
import { bufferOf } from './decode.ts'
import { growing, lineFramer, type Shortener } from './lines.ts'

const NEWLINE = 10
const DASH = 45
/** The longest line that may be a boundary; ids are 8 to 10 characters, some builds may use more. */
const LONGEST = 80
const RESYNC = 16 << 20
const BOUNDARY = /^(--[-\w@]{4,64}-)([A-Z])--\r?\n?$/
const NEXT_DASHES = Buffer.from('\n--')
/** Parts whose content is the client's or the application's own bytes. */
const RAW = new Set(['C', 'E', 'I'])

interface Open {
  readonly prefix: string
  readonly start: number
  part: string
  partStart: number
  /** Bytes that the request body may have at most, as the request's headers announce. */
  requestLength: number
  bodyKept: number
  cut: number
  /** Whether the last byte that belongs to the record, kept or not, ends a line. */
  lineEnded: boolean
}

/** The longest body that the request header part `text` allows: an inflated one may exceed what was announced. */
const announced = (text: string): number => {
  if (/^(?:transfer|content)-encoding[ \t]*:/im.test(text)) return Number.POSITIVE_INFINITY
  const length = /^content-length[ \t]*:[ \t]*(\d{1,15})/im.exec(text)?.[1]
  // HTTP/2 and 3 bodies need no length; only HTTP/1 headers prove the absence of a body.
  return length === undefined ? (/ HTTP\/1\.[01]\r?$/m.test(text) ? 0 : Number.POSITIVE_INFINITY) : Number(length)
}

export const nativeFramer = (options: FramerOptions, shorten?: (limit: number) => Shortener): Framer => {
  const loose = lineFramer(options, shorten)
  const kept = growing()
  const line = growing()
  const bodyBudget = options.limit >> 1
  let open: Open | undefined
  let records: RawRecord[] = []
  let position = options.start
  let lineStart = options.start
  /** The rest of the current line is known to be no boundary. */
  let plain = false
  let headerAt = 0

  const keep = (bytes: Uint8Array): void => {
    const record = open!
    record.lineEnded = bytes[bytes.length - 1] === NEWLINE
    const body = RAW.has(record.part)
    const budget = body ? bodyBudget - record.bodyKept : options.limit - kept.length
    const room = Math.max(0, Math.min(bytes.length, budget, options.limit - kept.length))
    kept.add(bytes.subarray(0, room))
    record.cut += bytes.length - room
    if (body) record.bodyKept += room
  }

  const emit = (end: number): void => {
    const { start, cut, lineEnded } = open!
    const bytes = kept.take()
    // The newline that ends the last line is not part of the record.
    const trailing = bytes[bytes.length - 1] === NEWLINE ? 1 : 0
    const ref = { source: options.source, offset: start, length: end - start - (lineEnded ? 1 : 0) }
    const record = { bytes: bytes.subarray(0, bytes.length - trailing), ref }
    records.push(cut > 0 ? { ...record, cut } : record)
    open = undefined
  }

  const begin = (prefix: string, bytes: Uint8Array): void => {
    open = {
      prefix,
      start: lineStart,
      part: 'A',
      partStart: position,
      requestLength: Number.POSITIVE_INFINITY,
      bodyKept: 0,
      cut: 0,
      lineEnded: true,
    }
    headerAt = 0
    keep(bytes)
  }

  /** True when the line may be the client's own bytes, so that a foreign boundary proves nothing. */
  const clientBytes = (record: Open): boolean => {
    // A malformed request is logged as it came: its first line may be anything.
    if (record.part === 'B' && lineStart === record.partStart) return true
    if (!RAW.has(record.part) || lineStart - record.start > RESYNC) return false
    // Two bytes of grace for the line end that the writer adds.
    return record.part !== 'C' || lineStart - record.partStart <= record.requestLength + 2
  }

  /** A whole line, its newline included. */
  const take = (bytes: Uint8Array): void => {
    const found =
      bytes.length <= LONGEST && bytes[0] === DASH && bytes[1] === DASH
        ? BOUNDARY.exec(bufferOf(bytes).toString('latin1'))
        : null
    if (found) {
      const prefix = found[1]!
      const letter = found[2]!
      // Ids of ModSecurity 2 repeat: an A boundary opens a record even when it has our own id.
      if (open?.prefix === prefix && letter !== 'A') {
        own(letter, bytes)
        return
      }
      if (letter === 'A' && !(open && clientBytes(open))) {
        if (open) emit(lineStart)
        begin(prefix, bytes)
        return
      }
    }
    if (open) keep(bytes)
    else records.push(...loose.push(bytes, lineStart))
  }

  const own = (letter: string, bytes: Uint8Array): void => {
    const record = open!
    const view = kept.view()
    if (record.part === 'B' && letter === 'C')
      record.requestLength = announced(view.subarray(headerAt).toString('latin1'))
    record.part = letter
    record.lineEnded = bytes[bytes.length - 1] === NEWLINE
    record.partStart = position
    // A body that was cut in the middle of a line must not run into the boundary.
    if (record.cut > 0 && view[view.length - 1] !== NEWLINE) kept.add(Uint8Array.of(NEWLINE))
    if (kept.length + bytes.length <= options.limit + LONGEST) kept.add(bytes)
    headerAt = kept.length
    if (letter === 'Z') emit(position)
  }

  const takePlain = (bytes: Uint8Array, offset: number): void => {
    if (open) keep(bytes)
    else records.push(...loose.push(bytes, offset))
  }

  /** End of the run of whole lines from `at` on of which none can be a boundary; `at` itself when the first may be. */
  const plainRun = (bytes: Uint8Array, at: number): number => {
    if (bytes[at] === DASH) return at
    const dashes = bufferOf(bytes).indexOf(NEXT_DASHES, at)
    return (dashes < 0 ? bytes.lastIndexOf(NEWLINE) : dashes) + 1
  }

  return {
    push(bytes, offset) {
      records = []
      let at = 0
      while (at < bytes.length) {
        if (!plain && line.length === 0) {
          const run = plainRun(bytes, at)
          if (run > at) {
            position = offset + run
            takePlain(bytes.subarray(at, run), offset + at)
            lineStart = position
            at = run
            continue
          }
        }
        const newline = bytes.indexOf(NEWLINE, at)
        const end = newline < 0 ? bytes.length : newline + 1
        const piece = bytes.subarray(at, end)
        position = offset + end
        if (plain) takePlain(piece, offset + at)
        else if (newline < 0 || line.length > 0) {
          line.add(piece)
          const head = line.view()
          // Held back only while it may still turn out to be a boundary.
          if (newline >= 0) take(line.take())
          else if (head.length > LONGEST || head[0] !== DASH || (head.length > 1 && head[1] !== DASH)) {
            plain = true
            takePlain(line.take(), lineStart)
          }
        } else take(piece)
        if (newline >= 0) {
          plain = false
          lineStart = position
        }
        at = end
      }
      return records
    },
    end() {
      records = []
      if (line.length > 0) take(line.take())
      if (open) emit(position)
      records.push(...loose.end())
      lineStart = position
      plain = false
      return records
    },
    get consumed() {
      return open ? open.start : lineStart
    },
  }
}
