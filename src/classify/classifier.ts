/**
 * Classify: what a transaction means.
 *
 * Enters: a `Transaction`, everything that the log said, unredacted and unbounded. Leaves: an `Event`: the true client
 * by the trusted-proxy chain, each rule once with its class, scores, what the WAF did and how sure that is, secrets
 * replaced and every field bounded; and the number of client headers that were not believed.
 * Promised: synchronous and total, whatever the bytes; a pure function of its options and the transaction (its memories
 * only save time); linear in the size of the record; nothing secret in the event or in a reason.
 */
import type { Event, RawRef, Transaction } from '../core/event.ts'
import type { Cidr } from '../core/ip.ts'
import { quoted, type Trace } from '../core/reason.ts'
import { ruleKind } from './attack-class.ts'
import { LIMITS } from './bounds.ts'
import { dispositionOf, type Ruling } from './disposition.ts'
import { memo } from './memo.ts'
import { createRedactor, type RedactionOptions } from './redact.ts'
import { createHeaderReader, type RequestHeaders } from './request-headers.ts'
import { createMatchReader, type ReadMatches } from './rule-matches.ts'
import { DEFAULT_WEIGHTS, type SeverityName, severityOf } from './score.ts'
import type { Uri } from './scrub-uri.ts'
import { createSessionHash, credentialIdentity, isReplaced } from './session.ts'
import { isHarmless } from './suspicion.ts'
import { type ClientHeader, createTrueClient, type TrueClient } from './true-client.ts'

export type { ClientHeader, RedactionOptions, SeverityName }

export interface ClassifyOptions {
  /** Peers that may name the client. */
  readonly trustedProxies: readonly Cidr[]
  readonly clientHeader: ClientHeader
  readonly redaction: RedactionOptions
  /** Secret of this installation that keys session hashes; the same over restarts and replays. */
  readonly sessionKey: string
  /** Points per severity; those not named keep their default. */
  readonly weights?: Readonly<Partial<Record<SeverityName, number>>>
}

/** Where the transaction came from. */
export interface Provenance {
  readonly id: string
  readonly sensor: string
  readonly raw: RawRef
}

export interface Classified {
  readonly event: Event
  /** Client headers from a peer that is no trusted proxy. */
  readonly untrustedHeaders: number
}

/** ModSecurity 3's own ids, a time and a random number: every tenth of the longer ones would pass for a card number. */
const OWN_ID = /^\d{10,20}\.\d{1,9}$/

/** A text of that length is looked at faster than it is looked up. */
const SHORT = 8

const NOTHING_REDACTED: readonly string[] = []

const redactedPaths = (
  headers: RequestHeaders,
  uri: Uri,
  matches: ReadMatches,
  idChanged: boolean,
): readonly string[] => {
  const { redactedPath, redactedQuery } = uri
  if (headers.redacted.length + matches.redacted.length === 0 && !redactedPath && !redactedQuery && !idChanged)
    return NOTHING_REDACTED
  const paths: string[] = []
  if (idChanged) paths.push('transactionId')
  if (redactedPath || redactedQuery) paths.push('request.uri')
  if (redactedPath) paths.push('request.path')
  if (redactedQuery) paths.push('request.query')
  if (headers.userAgentRedacted) paths.push('request.userAgent')
  paths.push(...headers.redacted, ...matches.redacted)
  return paths.length > LIMITS.redacted ? paths.slice(0, LIMITS.redacted) : paths
}

/** Rules that a reason lists; the event has them all. */
const MOST_LISTED = 8

const describeRules = (t: Transaction, event: Event): string => {
  const rules = event.matches.slice(0, MOST_LISTED).map((match) => {
    const raw = t.matches.find((m) => m.ruleId === match.ruleId)
    const because = raw === undefined ? '' : ` by ${ruleKind(raw).because}`
    const kind = match.evaluation ? 'evaluation' : `${match.attackClass}${because}`
    return `${match.ruleId} ${kind}${match.severity === '' ? '' : ` ${match.severity}`}`
  })
  const more = event.matches.length - rules.length
  return `${event.attackClasses.join(' ') || 'no attack class'}: ${rules.join(', ')}${more > 0 ? `, ${more} more` : ''}`
}

const explain = (trace: Trace, client: TrueClient, t: Transaction, event: Event, ruling: Ruling): void => {
  const stage = 'classify'
  const because =
    client.by === 'header'
      ? `named by the trusted proxy ${client.peerIp}`
      : client.by === 'unreadable'
        ? `the trusted proxy ${client.peerIp} itself: its client header names no address`
        : client.untrustedHeaders > 0
          ? `the peer; ${client.untrustedHeaders} client header(s) ignored, it is no trusted proxy`
          : 'the peer'
  trace.why({ stage, code: `client.${client.by}`, text: `client ${client.ip}: ${because}` })
  if (event.matches.length > 0) trace.why({ stage, code: 'class.rules', text: describeRules(t, event) })
  const reported = event.anomalyScore === undefined ? '' : `, anomaly score ${event.anomalyScore}`
  trace.why({
    stage,
    code: 'score.threat',
    text: `threat score ${event.threatScore}, severity ${event.severity}${reported}`,
  })
  trace.why({
    stage,
    code: `disposition.${event.disposition}`,
    text: `${event.disposition} (${event.dispositionConfidence}): ${ruling.because}`,
  })
  if (event.redacted.length > 0)
    trace.why({ stage, code: 'redact', text: `redacted ${quoted(event.redacted.join(' '), 200)}` })
}

export const createClassifier = (options: ClassifyOptions) => {
  const sessionHash = createSessionHash(options.sessionKey)
  const redactor = createRedactor(options.redaction, sessionHash)
  const readHeaders = createHeaderReader(redactor)
  const readMatches = createMatchReader(redactor, { ...DEFAULT_WEIGHTS, ...options.weights })
  const trueClient = createTrueClient(options)
  const longMethod = memo(256, 64, (text) => redactor.text(text, LIMITS.method).text)
  const method = (text: string): string => (text.length <= SHORT && isHarmless(text) ? text : longMethod(text))
  const longVersion = memo(256, 64, (text) => redactor.text(text, LIMITS.httpVersion).text)
  const httpVersion = (text: string): string => (text.length <= SHORT && isHarmless(text) ? text : longVersion(text))

  const sessionOf = (t: Transaction, headers: RequestHeaders): string | undefined => {
    const credential =
      headers.authorization === undefined ? undefined : credentialIdentity(headers.authorization, t.status)
    if (credential !== undefined) return sessionHash(credential)
    return headers.session && !isReplaced(headers.session, t.responseHeaders) ? headers.session.hash : undefined
  }

  return (t: Transaction, at: Provenance, trace: Trace): Classified => {
    const headers = readHeaders(t.headers)
    const client = trueClient(t.peerIp, t.headers, headers.clientLines)
    const uri = redactor.uri(t.uri)
    const read = readMatches(t)
    const ruling = dispositionOf(t)
    const session = sessionOf(t, headers)
    const plainId =
      t.transactionId.length <= LIMITS.transactionId && (OWN_ID.test(t.transactionId) || isHarmless(t.transactionId))
    const transactionId = plainId ? t.transactionId : redactor.text(t.transactionId, LIMITS.transactionId).text
    const event: { -readonly [Key in keyof Event]: Event[Key] } = {
      id: at.id,
      transactionId,
      time: t.time,
      sensor: at.sensor,
      engine: t.engine,
      clientIp: client.ip,
      peerIp: client.peerIp,
      request: {
        method: method(t.method),
        host: headers.host,
        uri: uri.uri,
        path: uri.path,
        query: uri.query,
        userAgent: headers.userAgent,
        headers: headers.kept,
        httpVersion: httpVersion(t.httpVersion),
      },
      response: { status: t.status },
      matches: read.matches,
      attackClasses: read.attackClasses,
      threatScore: read.threatScore,
      severity: severityOf(read.threatScore),
      disposition: ruling.disposition,
      dispositionConfidence: ruling.confidence,
      redacted: redactedPaths(headers, uri, read, transactionId !== t.transactionId),
      raw: at.raw,
    }
    if (session !== undefined) event.session = session
    if (read.anomalyScore !== undefined) event.anomalyScore = read.anomalyScore
    if (t.engineMode !== undefined) event.engineMode = t.engineMode
    if (trace.on) explain(trace, client, t, event, ruling)
    return { event, untrustedHeaders: client.untrustedHeaders }
  }
}
