/**
 * Tells sessions apart without keeping what would let somebody into one: 48 bits of a keyed hash. Keyed by the
 * installation, so the same cookie on two installations cannot be linked and a guessed value cannot be confirmed;
 * derived, not random, so that a replay and a restart see the same sessions.
 */
import { hash } from 'node:crypto'
import type { HeaderList } from '../core/event.ts'
import type { SessionCookie } from './cookies.ts'
import { memo } from './memo.ts'

export type SessionHash = (identity: string) => string

/** Only 48 of 256 bits leave, so that nobody can extend the hash; a plain keyed one is enough and four times as fast as HMAC. */
export const createSessionHash = (key: string): SessionHash =>
  memo(4096, 1024, (identity) => `s-${hash('sha256', `${key}\0${identity}`, 'hex').slice(0, 12)}`)

const REFUSED: ReadonlySet<number> = new Set([401, 407])
const BASIC = /^basic\s+([A-Za-z0-9+/_-]{4,}={0,2})$/i

/**
 * What identifies the holder of an Authorization header, or undefined. A refused credential is none, and of Basic only
 * the user counts: a password guesser would otherwise look like a crowd of users behind one address and be spared.
 */
export const credentialIdentity = (header: string, status: number): string | undefined => {
  if (REFUSED.has(status)) return undefined
  const encoded = BASIC.exec(header)?.[1]
  if (encoded === undefined) return header.length >= 8 ? `authorization\0${header}` : undefined
  const decoded = Buffer.from(encoded, 'base64').toString('latin1')
  const colon = decoded.indexOf(':')
  return colon > 0 ? `basic\0${decoded.slice(0, colon)}` : undefined
}

/**
 * True when the response replaces the session cookie: either the server did not know the session (invented cookies
 * would make one client look like many), or the cookie changes with every answer. Neither identifies anybody.
 */
export const isReplaced = (cookie: SessionCookie, responseHeaders: HeaderList): boolean => {
  for (const [name, value] of responseHeaders) {
    if (name.length !== 10 || name.toLowerCase() !== 'set-cookie') continue
    if (!value.startsWith(cookie.name) || value.charCodeAt(cookie.name.length) !== 0x3d) continue
    const end = value.indexOf(';')
    if (value.slice(cookie.name.length + 1, end < 0 ? value.length : end).trim() !== cookie.value) return true
  }
  return false
}
