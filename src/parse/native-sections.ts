/** Cuts a native record into its parts, and reads what all native dialects share. */
import type { HeaderList } from '../core/event.ts'
import { canonicalIp } from '../core/ip.ts'
import { bufferOf } from './decode.ts'

export interface Sections {
  /** Bytes of each part by its letter, without the boundary lines; of a letter that comes twice, the last. */
  readonly parts: ReadonlyMap<string, Uint8Array>
  /** Letters of the parts that a later boundary proves to be complete. */
  readonly closed: ReadonlySet<string>
}

const OPENING = /^(--[-\w@]{4,64}-)A--\r?(?:\n|$)/

/** The parts of a record that begins with an A boundary, or undefined. Only boundaries with the same id count. */
export const readSections = (bytes: Uint8Array): Sections | undefined => {
  // One character per byte, so that places in the text are places in the bytes.
  const text = bufferOf(bytes).toString('latin1')
  const prefix = OPENING.exec(text)?.[1]
  if (prefix === undefined) return undefined
  const parts = new Map<string, Uint8Array>()
  const closed = new Set<string>()
  let letter = 'A'
  let from = text.indexOf('\n') + 1
  if (from === 0) return { parts, closed }
  let at = from - 1
  for (;;) {
    at = text.indexOf(`\n${prefix}`, at)
    if (at < 0) break
    const mark = at + 1 + prefix.length
    const lineEnd = text.indexOf('\n', mark)
    const rest = text.slice(mark, lineEnd < 0 ? mark + 8 : lineEnd)
    if (!/^[A-Z]--\r?$/.test(rest)) {
      at = mark
      continue
    }
    parts.set(letter, bytes.subarray(from, Math.max(from, at)))
    closed.add(letter)
    letter = rest[0]!
    if (lineEnd < 0) {
      from = text.length
      break
    }
    from = lineEnd + 1
    at = lineEnd
  }
  parts.set(letter, bytes.subarray(from))
  return { parts, closed }
}

/** Header lines after the first line of a part B or F. A line that begins with a blank continues the one before it. */
export const readHeaderLines = (part: string): { readonly first: string; readonly headers: HeaderList } => {
  const lines = part.split('\n')
  const headers: [string, string][] = []
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!.endsWith('\r') ? lines[i]!.slice(0, -1) : lines[i]!
    const previous = headers.at(-1)
    if ((line[0] === ' ' || line[0] === '\t') && previous) {
      previous[1] += ` ${line.trim()}`
      continue
    }
    const colon = line.indexOf(':')
    if (colon > 0) headers.push([line.slice(0, colon), line.slice(colon + 1).trim()])
  }
  return { first: (lines[0] ?? '').trimEnd(), headers }
}

export interface NativeHeader {
  readonly time: string
  readonly transactionId: string
  readonly peerIp: string | undefined
  readonly peerPort: number
}

/** `[22/Nov/2026:04:32:52 +0000] id ip port ip port`; read from the right, because an id may contain anything. */
export const readNativeHeader = (part: string): NativeHeader | undefined => {
  const line = part.trim()
  const close = line.indexOf('] ')
  if (line[0] !== '[' || close < 0 || close > 64 || line.length > 1024) return undefined
  const words = line.slice(close + 2).split(' ')
  // Coraza may log an empty server address: the client's stands four words from the end, whatever comes before.
  if (words.length < 5) return undefined
  const [ip, port] = words.slice(-4)
  return {
    time: line.slice(1, close),
    transactionId: words.slice(0, -4).join(' '),
    peerIp: canonicalIp(ip!),
    peerPort: /^\d{1,5}$/.test(port!) ? Number(port) : 0,
  }
}

/** `HTTP/1.1 403 Forbidden` → 403; 0 when there is none. */
export const readStatusLine = (line: string): number => Number(/^HTTP\/[\d.]{1,4} (\d{3})\b/.exec(line)?.[1] ?? 0)
