/** A Cookie header without its values, and the one that names a session. */
import type { SecretName } from './scrub-fields.ts'
import { MARK, scrubText } from './scrub-text.ts'

export interface SessionCookie {
  readonly name: string
  readonly value: string
  /** What is stored in its stead. */
  readonly hash: string
}

export interface Cookies {
  readonly text: string
  readonly session?: SessionCookie
}

const PREFIX = /^__(?:host|secure)-/
const NOT_A_SESSION = /csrf|xsrf|consent|analytics/
/** Cookies that say who logged in outrank those that every visitor gets. */
const LOGIN =
  /^(?:wordpress_logged_in|wordpress_sec)_|^auth(?!or)|[._-]auth(?:$|[._-])|token|jwt|remember|\.aspxauth|\.identity/
const SESSION = /sess|^sid$|[._-]sid$|^cfid$|^sails\.sid$/

const rank = (name: string): number => {
  const plain = name.toLowerCase().replace(PREFIX, '')
  if (NOT_A_SESSION.test(plain)) return 0
  return LOGIN.test(plain) ? 2 : SESSION.test(plain) ? 1 : 0
}

/** Shorter values are flags (`sid=1`, `auth=no`), not identities. */
const SHORTEST_ID = 6

export const readCookies = (
  header: string,
  isSecret: SecretName,
  redact: boolean,
  hash: (identity: string) => string,
): Cookies => {
  let session: { name: string; value: string } | undefined
  let best = 0
  const kept: string[] = []
  for (const piece of header.split(';')) {
    const equals = piece.indexOf('=')
    // A piece without `=` is a value without a name.
    if (equals < 0) {
      if (piece.trim() !== '') kept.push(MARK)
      continue
    }
    const name = piece.slice(0, equals).trim()
    const value = piece.slice(equals + 1).trim()
    kept.push(`${scrubText(name, isSecret)}=${MARK}`)
    const worth = value.length >= SHORTEST_ID ? rank(name) : 0
    if (worth > best) {
      best = worth
      session = { name, value }
    }
  }
  const text = redact ? kept.join('; ') : header
  return session ? { text, session: { ...session, hash: hash(`cookie\0${session.name}\0${session.value}`) } } : { text }
}
