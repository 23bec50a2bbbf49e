/**
 * A page: up to 128 events as one compressed blob.
 *
 * Events of one batch say the same things again and again: the same rules with the same tags, the same headers, the
 * same user agents. So a page states each rule text and each longer string once and compresses the rest together. Measured
 * on modsec3-json: 2,022 bytes of JSON per event become about 125, at half the CPU of compressing the plain JSON;
 * a dictionary table for the whole store would need limits and sweeping, because attackers choose the strings.
 *
 * Layout: a version byte, then zstd of lines of JSON: one array per event in order, last the rules. A longer string that
 * was met before on the page is the number of its first meeting, so a page is read in order from its start. Lines, because
 * one character outside Latin-1 would make V8 build and encode a whole page at half the speed, not one line.
 */
import { constants, zstdCompressSync } from 'node:zlib'
import type { Event, RuleMatch } from '../core/event.ts'
import { limited } from './event-limits.ts'

/** Events per page: rows are numbered page × PAGE_SIZE + place, so this number is part of the schema. */
export const PAGE_SIZE = 128
/** Characters of JSON after which a page is closed early: bounds what one read must unpack. */
const PAGE_TEXT = 1 << 19
export const PAGE_VERSION = 2
/** Characters below which a string is written again each time: looking it up costs more than compressing it again. */
export const SHORTEST_REF = 16
const OUTPUT_CHUNK = 1 << 16

export type Json = string | number | boolean | null | readonly Json[]
/** Text, or the number of its first meeting on this page. */
type Ref = string | number

/** What a rule says of itself, the same in every event that it matched. */
export type Rule = readonly [
  ruleId: number,
  message: string,
  severity: string,
  tags: readonly string[],
  file: string,
  line: number,
  attackClass: string,
  paranoiaLevel: number | null,
  evaluation: 1 | 0,
]

/** Becomes `never` when a field joins `Whole` that is not packed below: the compiler then names the caller. */
type Packed<Whole, Fields extends keyof Whole> = [Exclude<keyof Whole, Fields>] extends [never] ? Whole : never

type PackedEvent = Packed<
  Event,
  | 'id'
  | 'transactionId'
  | 'time'
  | 'sensor'
  | 'engine'
  | 'clientIp'
  | 'peerIp'
  | 'session'
  | 'request'
  | 'response'
  | 'matches'
  | 'attackClasses'
  | 'anomalyScore'
  | 'threatScore'
  | 'severity'
  | 'disposition'
  | 'dispositionConfidence'
  | 'engineMode'
  | 'redacted'
  | 'raw'
>
type PackedMatch = Packed<
  RuleMatch,
  | 'ruleId'
  | 'message'
  | 'data'
  | 'severity'
  | 'tags'
  | 'file'
  | 'line'
  | 'variable'
  | 'attackClass'
  | 'paranoiaLevel'
  | 'evaluation'
>

const sameTags = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((tag, i) => tag === b[i]))

const sameRule = (a: PackedMatch, b: PackedMatch): boolean =>
  a.message === b.message &&
  a.line === b.line &&
  a.file === b.file &&
  a.severity === b.severity &&
  a.attackClass === b.attackClass &&
  a.paranoiaLevel === b.paranoiaLevel &&
  a.evaluation === b.evaluation &&
  sameTags(a.tags, b.tags)

const linesOf = (lines: readonly string[]): Buffer => {
  // UTF-8 needs at most three bytes for one UTF-16 unit.
  const buffer = Buffer.allocUnsafe(lines.reduce((sum, line) => sum + line.length * 3 + 1, 0))
  let end = 0
  for (const line of lines) {
    end += buffer.write(line, end)
    buffer[end++] = 10
  }
  return buffer.subarray(0, end)
}

/** Collects events until the page is full. */
class EventPage {
  readonly #rules: Rule[] = []
  readonly #known = new Map<number, { readonly match: PackedMatch; readonly index: number }[]>()
  readonly #strings = new Map<string, number>()
  readonly #lines: string[] = []
  #text = 0

  get size(): number {
    return this.#lines.length
  }

  get full(): boolean {
    return this.#lines.length >= PAGE_SIZE || this.#text >= PAGE_TEXT
  }

  add(event: Event): void {
    const line = JSON.stringify(this.#packEvent(limited(event)))
    this.#lines.push(line)
    this.#text += line.length
  }

  /** The finished page. Not on libuv's pool: a compressor per waiting page cost twice the CPU, measured. */
  bytes(): Uint8Array {
    const lines = linesOf([...this.#lines, JSON.stringify(this.#rules)])
    // One output chunk and the known size: the defaults cost twice the time of the compression itself.
    const packed = zstdCompressSync(lines, {
      chunkSize: OUTPUT_CHUNK,
      pledgedSrcSize: lines.length,
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
    })
    return Buffer.concat([Buffer.of(PAGE_VERSION), packed])
  }

  #ref(text: string): Ref {
    if (text.length < SHORTEST_REF) return text
    const met = this.#strings.get(text)
    if (met !== undefined) return met
    this.#strings.set(text, this.#strings.size)
    return text
  }

  #rule(match: PackedMatch): number {
    let known = this.#known.get(match.ruleId)
    if (!known) {
      known = []
      this.#known.set(match.ruleId, known)
    }
    for (const entry of known) if (sameRule(entry.match, match)) return entry.index
    const index = this.#rules.length
    known.push({ match, index })
    const { ruleId, message, severity, tags, file, line, attackClass, paranoiaLevel, evaluation } = match
    this.#rules.push([
      ruleId,
      message,
      severity,
      tags,
      file,
      line,
      attackClass,
      paranoiaLevel ?? null,
      evaluation ? 1 : 0,
    ])
    this.#text += message.length + file.length
    return index
  }

  // event-page-read.ts calls for the strings in the same order: matches, headers, then the row from left to right.
  #packEvent(e: PackedEvent): Json {
    const { request: r } = e
    const matches: Json[] = []
    for (const match of e.matches) {
      matches.push(this.#rule(match), match.data, match.variable === undefined ? null : this.#ref(match.variable))
    }
    const headers: Json[] = []
    for (const [name, value] of r.headers) headers.push(this.#ref(name), this.#ref(value))
    // Nearly always uri = path or path?query: then the uri says both.
    const derived = r.path === r.uri ? r.query === '' : `${r.path}?${r.query}` === r.uri
    return [
      matches,
      headers,
      e.id,
      e.transactionId,
      e.time,
      this.#ref(e.sensor),
      this.#ref(e.engine),
      this.#ref(e.clientIp),
      this.#ref(e.peerIp),
      e.session === undefined ? null : this.#ref(e.session),
      this.#ref(r.method),
      this.#ref(r.host),
      r.uri,
      derived ? r.path.length : [r.path, r.query],
      this.#ref(r.userAgent),
      this.#ref(r.httpVersion),
      e.response.status,
      this.#ref(e.attackClasses.join(' ')),
      e.anomalyScore ?? null,
      e.threatScore,
      this.#ref(e.severity),
      this.#ref(e.disposition),
      e.dispositionConfidence,
      e.engineMode === undefined ? null : this.#ref(e.engineMode),
      e.redacted,
      this.#ref(e.raw.source),
      e.raw.offset,
      e.raw.length,
    ]
  }
}

export interface PackedPage {
  readonly size: number
  readonly bytes: Uint8Array
}

/** All events in their order, page by page. */
export const packPages = (events: readonly Event[]): PackedPage[] => {
  const pages: PackedPage[] = []
  let page = new EventPage()
  for (const [i, event] of events.entries()) {
    page.add(event)
    if (!page.full && i < events.length - 1) continue
    pages.push({ size: page.size, bytes: page.bytes() })
    page = new EventPage()
  }
  return pages
}
