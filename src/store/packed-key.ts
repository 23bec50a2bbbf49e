/**
 * Ids, addresses and text as columns hold them: small, and exact whatever an attacker wrote.
 * Every encoding here is injective, so that two different values never meet in one key.
 */
import { hash } from 'node:crypto'
import { canonicalIp, parseAddress } from '../core/ip.ts'
import type { Millis } from '../core/time.ts'

const HEX_ID = /^e-[0-9a-f]{24}$/
const ID_BYTES = 12

/** 12 bytes for the ids that the parser derives; any other id as text behind 12 zero bytes. */
export const packId = (id: string): Uint8Array =>
  HEX_ID.test(id) ? Buffer.from(id.slice(2), 'hex') : Buffer.concat([Buffer.alloc(ID_BYTES), Buffer.from(packText(id))])

export const unpackId = (bytes: Uint8Array): string => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return bytes.length === ID_BYTES ? `e-${buffer.toString('hex')}` : unpackText(buffer.toString('utf8', ID_BYTES))
}

/** 4 bytes for IPv4, 16 for IPv6; what is no canonical address as text behind 17 zero bytes. */
export const packIp = (ip: string): Uint8Array => {
  if (canonicalIp(ip) !== ip) return Buffer.concat([Buffer.alloc(17), Buffer.from(packKey(ip))])
  return ip.includes(':') ? Uint8Array.from(parseAddress(ip)!.toByteArray()) : packV4(ip)
}

/** Every stored event comes this way: no splitting, no numbers from text. */
const packV4 = (ip: string): Uint8Array => {
  const bytes = new Uint8Array(4)
  let place = 0
  for (let i = 0; i < ip.length; i++) {
    const digit = ip.charCodeAt(i) - 48
    if (digit < 0) place++
    else bytes[place] = bytes[place]! * 10 + digit
  }
  return bytes
}

const ESCAPE = '\u0001'

/**
 * PostgreSQL's text has no NUL, SQLite's ends at one, and a lone surrogate is no UTF-8 in either: such text is kept
 * as JSON, which escapes them, behind a character that marks it.
 */
export const packText = (text: string): string =>
  text.includes('\u0000') || text.startsWith(ESCAPE) || !text.isWellFormed() ? ESCAPE + JSON.stringify(text) : text

export const unpackText = (text: string): string =>
  text.startsWith(ESCAPE) ? (JSON.parse(text.slice(ESCAPE.length)) as string) : text

const LONGEST_KEY = 300

/**
 * Text as a key: PostgreSQL refuses index entries beyond 2.7 kB, so long keys are stood for by their hash.
 * Whoever needs the text back keeps it beside the key as well; `isHashed` tells when.
 */
export const packKey = (text: string): string => {
  const packed = text.length > LONGEST_KEY ? undefined : packText(text)
  return packed !== undefined && packed.length <= LONGEST_KEY
    ? packed
    : `${ESCAPE}#${hash('sha256', JSON.stringify(text), 'hex')}`
}

export const isHashed = (key: string): boolean => key.startsWith(`${ESCAPE}#`)

const LARGEST: Millis = 8.64e15

/** A time or count as a 64-bit column takes it. A NaN that got this far must not stop the commit for ever. */
export const whole = (value: number): number =>
  Number.isFinite(value) ? Math.trunc(Math.min(LARGEST, Math.max(-LARGEST, value))) : 0
