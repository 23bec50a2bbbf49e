/**
 * Ids, addresses and text as columns hold them: small, and exact whatever an attacker wrote.
 * Every encoding here is injective, so that two different values never meet in one key.
 */
import { hash } from 'node:crypto'
import { canonicalIp, parseAddress } from '../core/ip.ts'
import type { Millis } from '../core/time.ts'

const ID_BYTES = 12

/** 12 bytes for the ids that the parser derives; any other id as text behind 13 zero bytes. */
export const packId = (id: string): Uint8Array => packHexId(id) ?? behindZeros(ID_BYTES + 1, packText(id))

const behindZeros = (zeros: number, text: string): Uint8Array => Buffer.concat([Buffer.alloc(zeros), Buffer.from(text)])

/** The value of a digit of lower-case hex, or -1. */
const hexDigit = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48
  return code >= 97 && code <= 102 ? code - 87 : -1
}

/** Every stored event and every citation comes this way: twice as fast as a regex and Buffer.from(…, 'hex'). */
const packHexId = (id: string): Uint8Array | undefined => {
  if (id.length !== 2 + 2 * ID_BYTES || !id.startsWith('e-')) return undefined
  const bytes = new Uint8Array(ID_BYTES)
  let wrong = 0
  for (let i = 0; i < ID_BYTES; i++) {
    const byte = (hexDigit(id.charCodeAt(2 + 2 * i)) << 4) | hexDigit(id.charCodeAt(3 + 2 * i))
    wrong |= byte
    bytes[i] = byte
  }
  return wrong < 0 ? undefined : bytes
}

export const unpackId = (bytes: Uint8Array): string => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return bytes.length === ID_BYTES ? `e-${buffer.toString('hex')}` : unpackText(buffer.toString('utf8', ID_BYTES + 1))
}

/** 4 bytes for IPv4, 16 for IPv6; what is no canonical address as text behind 17 zero bytes. */
export const packIp = (ip: string): Uint8Array => {
  const four = packV4(ip)
  if (four) return four
  return canonicalIp(ip) === ip ? Uint8Array.from(parseAddress(ip)!.toByteArray()) : behindZeros(17, packKey(ip))
}

/** Every stored event comes this way: one pass that accepts just what `canonicalIp` leaves as it is. */
const packV4 = (ip: string): Uint8Array | undefined => {
  if (ip.length > 15) return undefined
  const bytes = new Uint8Array(4)
  let place = 0
  let digits = 0
  let value = 0
  for (let i = 0; i < ip.length; i++) {
    const code = ip.charCodeAt(i)
    if (code === 46) {
      if (digits === 0 || place === 3) return undefined
      bytes[place++] = value
      digits = 0
      value = 0
      continue
    }
    // No digit at all, or one behind a leading zero.
    if (code < 48 || code > 57 || (digits > 0 && value === 0)) return undefined
    value = value * 10 + code - 48
    if (value > 255) return undefined
    digits++
  }
  if (place !== 3 || digits === 0) return undefined
  bytes[3] = value
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
