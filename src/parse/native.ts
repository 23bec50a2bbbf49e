/** A record of any native dialect, up to its rules: what those look like is the dialect's own. */
import type { Engine, RawMatch, RawRecord, Transaction } from '../core/event.ts'
import type { ParseContext, Parsed, Unread } from '../kit/parse.ts'
import { bufferOf, decode } from './decode.ts'
import { readHeaderLines, readNativeHeader, readSections, readStatusLine } from './native-sections.ts'
import { readRequestLine } from './request-line.ts'
import { notAnAddress, notATime, tooLong, unread } from './unread.ts'

/** What part H says. */
export type Trailer = Pick<Transaction, 'matches' | 'engineMode' | 'intercepted'>

export interface Dialect {
  readonly engine: Engine
  /** Epoch milliseconds of the time in part A, or NaN. */
  time(text: string, transactionId: string, context: ParseContext): number
  trailer(lines: readonly string[]): Trailer
}

const NO_MATCHES: readonly RawMatch[] = []

export const readNative = (record: RawRecord, context: ParseContext, dialect: Dialect): Parsed => {
  const sections = readSections(record.bytes)
  if (!sections) return noRecord(record)
  const { parts, closed } = sections
  // Each part by itself: a binary body must not decide how the headers are read, nor be kept alive by one of them.
  const part = (letter: string): string | undefined => {
    const bytes = parts.get(letter)
    return bytes && decode(bytes)
  }
  const torn = incomplete(record, closed, parts)
  if (torn) return { unread: torn }
  const header = readNativeHeader(part('A')!)
  if (!header) return unread('NATIVE_HEADER', 'part A is not "[time] id address port address port"')
  if (header.peerIp === undefined) return notAnAddress('the client of part A')
  const time = dialect.time(header.time, header.transactionId, context)
  if (Number.isNaN(time)) return notATime('the time of part A')

  const request = readHeaderLines(part('B') ?? '')
  const response = readHeaderLines(part('F') ?? '')
  const trailer = part('H')
  const body = parts.get('C') ?? parts.get('I')
  const said: Trailer = trailer === undefined ? { matches: NO_MATCHES } : dialect.trailer(trailer.split('\n'))
  const transaction: Transaction = {
    engine: dialect.engine,
    transactionId: header.transactionId,
    time,
    peerIp: header.peerIp,
    ...(header.peerPort > 0 ? { peerPort: header.peerPort } : {}),
    ...readRequestLine(request.first),
    headers: request.headers,
    ...(body && body.length > 0
      ? {
          body: bufferOf(body)
            .toString('latin1')
            .replace(/\r?\n$/, ''),
        }
      : {}),
    status: readStatusLine(response.first),
    responseHeaders: response.headers,
    hasMatches: trailer !== undefined,
    ...said,
  }
  return { transaction }
}

const noRecord = (record: RawRecord): Parsed => {
  if (decode(record.bytes).trim() === '') return unread('RECORD_EMPTY', 'the record is blank')
  if (record.cut) return tooLong(record)
  return unread('NATIVE_HEADER', 'a line outside of any record: the rest of one whose beginning is missing')
}

/**
 * A record without its Z boundary was torn: the writer died, or the file was truncated under it. If part H is closed
 * by a later boundary then everything that we read is there, and it is an event. If not, the matches may be missing
 * some or all, and an event that claims "no rule matched" would be false evidence: it is rejected.
 */
const incomplete = (
  record: RawRecord,
  closed: ReadonlySet<string>,
  parts: ReadonlyMap<string, Uint8Array>,
): Unread | undefined => {
  if (closed.has('A') && (parts.has('Z') || closed.has('H'))) return undefined
  if (record.cut) return tooLong(record).unread
  return parts.has('B')
    ? { code: 'NATIVE_INCOMPLETE', text: `the record ends in part ${[...parts.keys()].at(-1)}, before its rules` }
    : { code: 'RECORD_TORN', text: `the record ends after ${record.bytes.length} bytes, in part A` }
}
