/**
 * Signatures of DNS messages (RFC 8945): made and checked on whole messages. In: bytes and keys that both sides know.
 * Out: the message with its TSIG record, or without it and with a ruling. Total: no bytes make the check throw.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Millis } from '../core/time.ts'
import { CLASS_ANY, HEADER, nameToWire, skipName, TYPE } from './wire.ts'

export interface TsigKey {
  readonly name: string
  readonly algorithm: 'hmac-sha256' | 'hmac-sha512'
  readonly secret: Buffer
}

/** Errors of RFC 8945 §3, as they stand in the TSIG record of an answer with RCODE NOTAUTH. */
export const TSIG_ERROR = { BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const

export interface SignOptions {
  readonly now: Millis
  /** The MAC of the request that this answers; in a stream of answers, the MAC of the one before. */
  readonly requestMac?: Buffer
  /** For the second and later messages of a stream (RFC 8945 §5.3.1). */
  readonly timersOnly?: boolean
  readonly error?: number
}

export type Verified =
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'ok'; readonly key: TsigKey; readonly mac: Buffer; readonly message: Buffer }
  /** `mac` where it was right and only the time was not. */
  | { readonly kind: 'bad'; readonly error: number; readonly keyName: string; readonly mac?: Buffer }

/** Seconds by which clocks may differ. */
const FUDGE = 300

const uint16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

const timers = (seconds: number, fudge: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeUIntBE(seconds, 0, 6)
  bytes.writeUInt16BE(fudge, 6)
  return bytes
}

const prefixed = (mac: Buffer | undefined): readonly Buffer[] => (mac ? [uint16(mac.length), mac] : [])

interface Times {
  readonly seconds: number
  readonly fudge: number
  readonly error: number
  readonly other: Buffer
}

const macOf = (message: Buffer, key: TsigKey, times: Times, requestMac?: Buffer, timersOnly = false): Buffer => {
  const clock = timers(times.seconds, times.fudge)
  const variables = timersOnly
    ? [clock]
    : [
        nameToWire(key.name)!,
        uint16(CLASS_ANY),
        Buffer.alloc(4),
        nameToWire(key.algorithm)!,
        clock,
        uint16(times.error),
        uint16(times.other.length),
        times.other,
      ]
  const hmac = createHmac(key.algorithm.slice(5), key.secret)
  for (const part of [...prefixed(requestMac), message, ...variables]) hmac.update(part)
  return hmac.digest()
}

/** The message with a TSIG record at its end. With BADKEY or BADSIG as `error` it carries no MAC (RFC 8945 §5.3.2). */
export const signMessage = (
  message: Buffer,
  key: TsigKey,
  options: SignOptions,
): { readonly message: Buffer; readonly mac: Buffer } => {
  const seconds = Math.floor(options.now / 1000)
  const error = options.error ?? 0
  const other = error === TSIG_ERROR.BADTIME ? timers(seconds, 0).subarray(0, 6) : Buffer.alloc(0)
  const times = { seconds, fudge: FUDGE, error, other }
  const isBare = error === TSIG_ERROR.BADKEY || error === TSIG_ERROR.BADSIG
  const mac = isBare ? Buffer.alloc(0) : macOf(message, key, times, options.requestMac, options.timersOnly)
  const data = Buffer.concat([
    nameToWire(key.algorithm)!,
    timers(seconds, FUDGE),
    uint16(mac.length),
    mac,
    message.subarray(0, 2),
    uint16(error),
    uint16(other.length),
    other,
  ])
  const signed = Buffer.concat([
    message,
    nameToWire(key.name)!,
    uint16(TYPE.TSIG),
    uint16(CLASS_ANY),
    Buffer.alloc(4),
    uint16(data.length),
    data,
  ])
  signed.writeUInt16BE(message.readUInt16BE(10) + 1, 10)
  return { message: signed, mac }
}

interface Found {
  /** Where the record begins. */
  readonly at: number
  readonly keyName: string
  readonly algorithm: string
  readonly times: Times
  readonly mac: Buffer
  readonly originalId: number
}

/** `requestMac` as for `signMessage`; `ok` gives the message as it was before it was signed. */
export const verifyMessage = (
  message: Buffer,
  keys: readonly TsigKey[],
  options: { readonly now: Millis; readonly requestMac?: Buffer; readonly timersOnly?: boolean },
): Verified => {
  const found = findTsig(message)
  if (found === undefined) return { kind: 'unsigned' }
  const bad = (error: number): Verified => ({ kind: 'bad', error, keyName: found.keyName })
  const key = keys.find(({ name, algorithm }) => bare(name) === found.keyName && algorithm === found.algorithm)
  if (!key) return bad(TSIG_ERROR.BADKEY)
  const plain = Buffer.from(message.subarray(0, found.at))
  plain.writeUInt16BE(message.readUInt16BE(10) - 1, 10)
  const signedAs = Buffer.from(plain)
  signedAs.writeUInt16BE(found.originalId, 0)
  const expected = macOf(signedAs, key, found.times, options.requestMac, options.timersOnly)
  // We ask for whole MACs: a shorter one is easier to guess, and no server that we know sends it.
  if (found.mac.length !== expected.length || !timingSafeEqual(found.mac, expected)) return bad(TSIG_ERROR.BADSIG)
  if (Math.abs(Math.floor(options.now / 1000) - found.times.seconds) > found.times.fudge)
    return { kind: 'bad', error: TSIG_ERROR.BADTIME, keyName: found.keyName, mac: found.mac }
  return { kind: 'ok', key, mac: found.mac, message: plain }
}

/**
 * What the signer of an answer said was wrong, believed by nobody who needs to be sure: BADKEY and BADSIG come without a
 * MAC. With BADTIME there is the signer's clock (RFC 8945 §5.2.3).
 */
export const tsigComplaint = (message: Buffer): { readonly error: number; readonly clock?: Millis } | undefined => {
  const found = findTsig(message)
  if (found === undefined || found.times.error === 0) return undefined
  const { error, other } = found.times
  return other.length === 6 ? { error, clock: other.readUIntBE(0, 6) * 1000 } : { error }
}

const bare = (name: string): string => name.toLowerCase().replace(/\.$/, '')

/** The TSIG record, which must be the last one; undefined when there is none, or none that can be read. */
const findTsig = (message: Buffer): Found | undefined => {
  const { length } = message
  if (length < HEADER) return undefined
  let at = HEADER
  for (let i = message.readUInt16BE(4); i > 0; i--) {
    at = skipName(message, at, length)
    if (at < 0 || at + 4 > length) return undefined
    at += 4
  }
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10)
  if (message.readUInt16BE(10) === 0) return undefined
  for (let i = 1; ; i++) {
    const head = skipName(message, at, length)
    if (head < 0 || head + 10 > length) return undefined
    const end = head + 10 + message.readUInt16BE(head + 8)
    if (end > length) return undefined
    if (i === records) return end === length ? readTsig(message, at, head) : undefined
    at = end
  }
}

const readTsig = (message: Buffer, at: number, head: number): Found | undefined => {
  const isTsig = message.readUInt16BE(head) === TYPE.TSIG && message.readUInt16BE(head + 2) === CLASS_ANY
  // The MAC covers these two as constants: a record that has others was changed on the way.
  if (!isTsig || message.readUInt32BE(head + 4) !== 0) return undefined
  const keyName = plainName(message, at)
  const data = head + 10
  const algorithm = plainName(message, data)
  const clock = skipName(message, data, message.length)
  if (keyName === undefined || algorithm === undefined || clock + 10 > message.length) return undefined
  const mac = clock + 10
  const behind = mac + message.readUInt16BE(clock + 8)
  if (behind + 6 > message.length) return undefined
  const other = behind + 6
  if (other + message.readUInt16BE(behind + 4) !== message.length) return undefined
  return {
    at,
    keyName,
    algorithm,
    times: {
      seconds: message.readUIntBE(clock, 6),
      fudge: message.readUInt16BE(clock + 6),
      error: message.readUInt16BE(behind + 2),
      other: message.subarray(other),
    },
    mac: message.subarray(mac, behind),
    originalId: message.readUInt16BE(behind),
  }
}

/** The name in lower case and without its dot; undefined when it is compressed, which RFC 8945 §4.2 forbids. */
const plainName = (message: Buffer, from: number): string | undefined => {
  const labels: string[] = []
  for (let at = from; at < message.length; ) {
    const size = message[at]!
    if (size === 0) return labels.join('.').toLowerCase()
    if (size > 63 || at + size >= message.length) return undefined
    labels.push(message.toString('latin1', at + 1, at + 1 + size))
    at += size + 1
  }
  return undefined
}
