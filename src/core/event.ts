/**
 * What the house passes from room to room, left of the commit.
 *
 *   RawRecord    the bytes of one log record, framed, not understood
 *   Transaction  what the log says of one HTTP transaction: unredacted, transient, never stored or shown
 *   Event        what we conclude: true client, scored, classified, redacted; stored, sent and shown as it is
 *
 * Each is made once and never edited.
 */
import type { Millis } from './time.ts'

export type Engine = 'modsecurity3' | 'modsecurity2' | 'coraza' | 'access'
export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical'
export type Disposition = 'blocked' | 'detected' | 'allowed'
/** ModSecurity's `SecRuleEngine`: `on` may deny, `detection` only reports. */
export type EngineMode = 'on' | 'detection' | 'off'

/** Where the bytes of a record lie: enough to find them again with `dd`. */
export interface RawRef {
  readonly source: string
  readonly offset: number
  readonly length: number
}

/** One record as it lay in the log, without its terminating newline. */
export interface RawRecord {
  readonly bytes: Uint8Array
  readonly ref: RawRef
  /** Bytes of this record that were streamed past because it exceeds the line limit; 0 when it is whole. */
  readonly cut?: number
}

/** Header lines in the order in which they were logged, repeated names kept. Names as sent. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** One rule as the engine reported it. `severity` is the syslog number 0 (emergency) to 7 (debug), undefined when not logged. */
export interface RawMatch {
  readonly ruleId: number
  readonly message: string
  readonly data: string
  readonly severity?: number
  readonly tags: readonly string[]
  readonly file: string
  readonly line: number
  /** The engine's own words on what matched where, e.g. "Matched "Operator `Rx' ... against variable `ARGS:q'". */
  readonly match?: string
}

/** What one record of a log says. Fields that the log does not carry are absent, never guessed. */
export interface Transaction {
  readonly engine: Engine
  readonly transactionId: string
  /** True UTC; resolved by the parser from a zone, an epoch in the id, or the configured zone. */
  readonly time: Millis
  /** The address of the TCP peer as logged, canonical (IPv4-mapped IPv6 folded). */
  readonly peerIp: string
  readonly peerPort?: number
  readonly method: string
  readonly uri: string
  readonly httpVersion: string
  readonly headers: HeaderList
  /** Decoded as latin1 so that no byte is lost; absent when the log has no part C or I. */
  readonly body?: string
  /** 0 when the log does not say. */
  readonly status: number
  readonly responseHeaders: HeaderList
  readonly matches: readonly RawMatch[]
  readonly engineMode?: EngineMode
  /** The engine's own word that it intervened; only some formats carry it. */
  readonly intercepted?: boolean
  /** True when the log could have carried matches (an access log or a record without part H cannot). */
  readonly hasMatches: boolean
}

export interface RuleMatch {
  readonly ruleId: number
  readonly message: string
  readonly data: string
  readonly severity: string
  readonly tags: readonly string[]
  readonly file: string
  readonly line: number
  /** Where it matched, e.g. `ARGS:q` or `REQUEST_HEADERS:User-Agent`; absent when the log does not say. */
  readonly variable?: string
  readonly attackClass: AttackClass
  readonly paranoiaLevel?: number
  /** True for a rule that only sums up or reports the anomaly score: it is not evidence. */
  readonly evaluation?: true
}

export const ATTACK_CLASSES = [
  'sqli',
  'xss',
  'lfi',
  'rfi',
  'rce',
  'php',
  'java',
  'ssrf',
  'xxe',
  'ssti',
  'session-fixation',
  'protocol',
  'scanner',
  'data-leak',
  'dos',
  'bruteforce',
  'honeypot',
  'other',
] as const
export type AttackClass = (typeof ATTACK_CLASSES)[number]

export interface Event {
  readonly id: string
  readonly transactionId: string
  readonly time: Millis
  readonly sensor: string
  readonly engine: Engine
  /** The true client, found through the trusted-proxy chain. Canonical text. */
  readonly clientIp: string
  readonly peerIp: string
  /** Keyed hash of the session cookie or credential, when there was one: tells sessions apart, reveals none. */
  readonly session?: string
  readonly request: {
    readonly method: string
    readonly host: string
    readonly uri: string
    readonly path: string
    readonly query: string
    readonly userAgent: string
    readonly headers: HeaderList
    readonly httpVersion: string
  }
  readonly response: { readonly status: number }
  /** Every rule of the record once, by id, in log order. */
  readonly matches: readonly RuleMatch[]
  /** The classes of the evidence, strongest first; empty when nothing but evaluation rules matched. */
  readonly attackClasses: readonly AttackClass[]
  /** CRS's own score, when the log carries it. */
  readonly anomalyScore?: number
  readonly threatScore: number
  readonly severity: Severity
  readonly disposition: Disposition
  readonly dispositionConfidence: number
  readonly engineMode?: EngineMode
  /** JSON-style paths of what redaction replaced, e.g. `request.headers.Cookie`. */
  readonly redacted: readonly string[]
  readonly raw: RawRef
}

/** A record that is no event, with the reason. Counted, never silently dropped. */
export interface Rejection {
  readonly code: RejectionCode
  /** What is wrong and where in the record, without a byte of attacker text. */
  readonly text: string
  readonly raw: RawRef
}

export const REJECTION_CODES = [
  'RECORD_EMPTY',
  'RECORD_TOO_LONG',
  'RECORD_TORN',
  'JSON_INVALID',
  'JSON_SHAPE',
  'JSON_UNSUPPORTED_BUILD',
  'NATIVE_HEADER',
  'NATIVE_INCOMPLETE',
  'ACCESS_SHAPE',
  'ERROR_LOG_SHAPE',
  'INDEX_SHAPE',
  'CONCURRENT_MISSING',
  'TIME_INVALID',
  'ADDRESS_INVALID',
  'FORMAT_UNKNOWN',
] as const
export type RejectionCode = (typeof REJECTION_CODES)[number]
