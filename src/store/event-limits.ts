/**
 * How much of one event is kept. A log line may be a megabyte and all of it is the attacker's; what a person needs
 * as evidence is not. Text beyond its limit ends in `…`, lists are cut at the end; counts and scores stay as they were.
 */
import type { Event, HeaderList, RuleMatch } from '../core/event.ts'

/** Characters of text, entries of lists. */
export const EVENT_LIMITS = {
  uri: 4096,
  userAgent: 1024,
  shortText: 512,
  headers: 64,
  headerValue: 1024,
  matches: 128,
  matchData: 2048,
  tags: 32,
  redacted: 128,
} as const

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`)

const cutList = <T>(list: readonly T[], max: number): readonly T[] => (list.length <= max ? list : list.slice(0, max))

const allWithin = (texts: readonly string[], max: number): boolean => {
  for (const text of texts) if (text.length > max) return false
  return true
}

const fitsMatch = (m: RuleMatch): boolean =>
  m.data.length <= EVENT_LIMITS.matchData &&
  m.message.length <= EVENT_LIMITS.shortText &&
  m.file.length <= EVENT_LIMITS.shortText &&
  m.severity.length <= EVENT_LIMITS.shortText &&
  (m.variable?.length ?? 0) <= EVENT_LIMITS.shortText &&
  m.tags.length <= EVENT_LIMITS.tags &&
  allWithin(m.tags, EVENT_LIMITS.shortText)

const limitMatch = (m: RuleMatch): RuleMatch =>
  fitsMatch(m)
    ? m
    : {
        ...m,
        data: cut(m.data, EVENT_LIMITS.matchData),
        message: cut(m.message, EVENT_LIMITS.shortText),
        file: cut(m.file, EVENT_LIMITS.shortText),
        severity: cut(m.severity, EVENT_LIMITS.shortText),
        tags: cutList(m.tags, EVENT_LIMITS.tags).map((t) => cut(t, EVENT_LIMITS.shortText)),
        ...(m.variable === undefined ? {} : { variable: cut(m.variable, EVENT_LIMITS.shortText) }),
      }

const fitsHeaders = (headers: HeaderList): boolean => {
  if (headers.length > EVENT_LIMITS.headers) return false
  for (const [name, value] of headers)
    if (name.length > EVENT_LIMITS.shortText || value.length > EVENT_LIMITS.headerValue) return false
  return true
}

const fits = (event: Event): boolean => {
  const { request: r, matches, redacted } = event
  if (
    r.uri.length > EVENT_LIMITS.uri ||
    r.path.length > EVENT_LIMITS.uri ||
    r.query.length > EVENT_LIMITS.uri ||
    r.userAgent.length > EVENT_LIMITS.userAgent ||
    r.method.length > EVENT_LIMITS.shortText ||
    r.host.length > EVENT_LIMITS.shortText ||
    r.httpVersion.length > EVENT_LIMITS.shortText ||
    event.transactionId.length > EVENT_LIMITS.shortText ||
    redacted.length > EVENT_LIMITS.redacted ||
    matches.length > EVENT_LIMITS.matches
  )
    return false
  for (const match of matches) if (!fitsMatch(match)) return false
  return allWithin(redacted, EVENT_LIMITS.shortText) && fitsHeaders(r.headers)
}

/** The event as it is stored: the very same object when it is within the limits, as nearly all are. */
export const limited = (event: Event): Event => {
  if (fits(event)) return event
  const { request: r } = event
  return {
    ...event,
    transactionId: cut(event.transactionId, EVENT_LIMITS.shortText),
    request: {
      method: cut(r.method, EVENT_LIMITS.shortText),
      host: cut(r.host, EVENT_LIMITS.shortText),
      uri: cut(r.uri, EVENT_LIMITS.uri),
      path: cut(r.path, EVENT_LIMITS.uri),
      query: cut(r.query, EVENT_LIMITS.uri),
      userAgent: cut(r.userAgent, EVENT_LIMITS.userAgent),
      headers: cutList(r.headers, EVENT_LIMITS.headers).map(
        ([name, value]) => [cut(name, EVENT_LIMITS.shortText), cut(value, EVENT_LIMITS.headerValue)] as const,
      ),
      httpVersion: cut(r.httpVersion, EVENT_LIMITS.shortText),
    },
    matches: cutList(event.matches, EVENT_LIMITS.matches).map(limitMatch),
    redacted: cutList(event.redacted, EVENT_LIMITS.redacted).map((path) => cut(path, EVENT_LIMITS.shortText)),
  }
}
