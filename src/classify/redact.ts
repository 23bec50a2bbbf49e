/**
 * What may be stored of a request. Runs before anything is kept: the event that leaves this room is the only thing
 * that is stored, sent or shown, so what is not removed here is out.
 *
 * Enters: attacker-written texts of any length. Leaves: bounded texts in which passwords, tokens, credentials, cookie
 * values and card numbers are replaced by `<redacted>`. Promised: linear time; no hash or length of a secret remains,
 * so equal secrets cannot be linked; names stay, so that a reader sees what was there.
 */
import { cut, LIMITS, searchable } from './bounds.ts'
import { type Cookies, readCookies } from './cookies.ts'
import { memo, ownText } from './memo.ts'
import type { SecretName } from './scrub-fields.ts'
import { MARK, scrubText } from './scrub-text.ts'
import { readUri, scrubUrl, type Uri } from './scrub-uri.ts'
import { createSecretNames, type SecretNameOptions } from './secret-names.ts'

export interface RedactionOptions extends SecretNameOptions {
  readonly enabled: boolean
}

export interface Clean {
  readonly text: string
  readonly redacted: boolean
}

export interface CleanValue extends Clean {
  /** The value as sent; up to `REMEMBERED` characters a copy of its own. */
  readonly of: string
}

export interface Redactor {
  readonly enabled: boolean
  readonly isSecret: SecretName
  /** Free text, at most `max` characters of it. */
  text(text: string, max: number): Clean
  /** A rule's message. */
  message(text: string): Clean
  /** The value of an ordinary header. */
  value(text: string): CleanValue
  /** A header value that is a URL. */
  url(text: string): CleanValue
  uri(text: string): Uri
  cookies(text: string): Cookies
  /** An Authorization header: its scheme stays. */
  credential(text: string): Clean
}

/** Texts up to this length are remembered: header values and static URLs come back with every request. */
export const REMEMBERED = 256
/** Header values that are read each time: ids of requests and traces, which never come back, are that short. */
const SHORT_VALUE = 64
const SCHEME = /^(?:basic|bearer|digest|negotiate|ntlm|token|apikey|hmac|aws4-hmac-sha256|signature|hawk)(?= )/i

export const createRedactor = (options: RedactionOptions, sessionHash: (identity: string) => string): Redactor => {
  const { enabled } = options
  const isSecret = enabled ? createSecretNames(options) : () => false
  const scrub = (text: string, max: number): Clean => {
    if (!enabled) return { text: cut(text, max), redacted: false }
    const piece = searchable(text, max)
    const clean = scrubText(piece, isSecret)
    const redacted = clean !== piece
    // A piece that ends early was cut, even if redaction left it short enough.
    return { text: cut(piece.length < text.length ? `${clean}…` : clean, max), redacted }
  }
  const value = (text: string): CleanValue => {
    const clean = scrub(text, LIMITS.headerValue)
    return { of: text, text: clean.text, redacted: clean.redacted }
  }
  const longValue = memo(8192, REMEMBERED, value)
  const url = (text: string): CleanValue => {
    const piece = searchable(text, LIMITS.headerValue)
    const clean = enabled ? scrubUrl(piece, isSecret) : piece
    return { of: text, text: cut(clean, LIMITS.headerValue), redacted: clean !== piece }
  }
  const uri = (text: string): Uri => {
    const piece = searchable(text, LIMITS.uri)
    const read = readUri(piece, isSecret)
    if (piece.length <= LIMITS.uri && read.uri.length <= LIMITS.uri) return read
    return {
      ...read,
      uri: cut(read.uri, LIMITS.uri),
      path: cut(read.path, LIMITS.uri),
      query: cut(read.query, LIMITS.uri),
    }
  }
  return {
    enabled,
    isSecret,
    text: scrub,
    message: memo(2048, REMEMBERED, (text) => scrub(text, LIMITS.message)),
    value: (text) => (text.length <= SHORT_VALUE ? value(ownText(text)) : longValue(text)),
    url: memo(4096, REMEMBERED, url),
    uri: memo(4096, REMEMBERED, uri),
    cookies: memo(4096, 1024, (text) => {
      const read = readCookies(searchable(text, LIMITS.headerValue), isSecret, enabled, sessionHash)
      return { ...read, text: cut(read.text, LIMITS.headerValue) }
    }),
    credential: (text) => {
      if (!enabled) return { text: cut(text, LIMITS.headerValue), redacted: false }
      const scheme = SCHEME.exec(text)?.[0]
      return { text: scheme ? `${ownText(scheme)} ${MARK}` : MARK, redacted: true }
    },
  }
}
