/**
 * Small readers of values whose shape a log only promises. Everything in a record was written under an attacker's
 * influence: a wrong type is the absence of the value, never an exception.
 */
import type { RawRecord } from '../core/event.ts'
import { canonicalIp } from '../core/ip.ts'
import type { Unread } from '../kit/parse.ts'
import { decode } from './decode.ts'
import { stringEnd } from './json-string.ts'
import { tooLong, unread } from './unread.ts'

export type Json = { readonly [key: string]: unknown }

export const asObject = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined

export const asString = (value: unknown): string => (typeof value === 'string' ? value : '')

const NONE: readonly never[] = []

export const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : NONE)

/** A number, also one that the engine wrote as a string of digits; undefined when there is none. */
export const asNumber = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && value !== '' && value.length < 20 ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

export const asCount = (value: unknown): number => {
  const number = asNumber(value)
  return number !== undefined && number >= 0 && number <= Number.MAX_SAFE_INTEGER ? Math.trunc(number) : 0
}

/** The strings of an array; the array itself when it holds nothing else. */
export const asStrings = (value: unknown): readonly string[] => {
  const array = asArray(value)
  for (const item of array) if (typeof item !== 'string') return array.filter((i) => typeof i === 'string')
  return array as readonly string[]
}

const PORT_LIMIT = 65_536

export const asPort = (value: unknown): number | undefined => {
  const port = asNumber(value)
  return port !== undefined && port > 0 && port < PORT_LIMIT ? port : undefined
}

const MOST_ADDRESSES = 4096
let ipv6 = new Map<string, string>()

/** Canonical text of an address. Remembered for IPv6, which takes microseconds to be brought into its canonical form. */
export const readIp = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return undefined
  if (!value.includes(':')) return canonicalIp(value)
  const known = ipv6.get(value)
  if (known !== undefined) return known
  const ip = canonicalIp(value)
  if (ip === undefined) return undefined
  if (ipv6.size >= MOST_ADDRESSES) ipv6 = new Map()
  ipv6.set(value, ip)
  return ip
}

/** ModSecurity 3 writes the request's headers before it. Braces are rare, so this is found faster than the key alone. */
const RESPONSE_BODY = '}},"response":{"body":"'
/** Of a shorter body nothing is saved: the texts around it must be joined. */
const LONG_BODY = 512

/**
 * The record without the text of a long response body, which nobody here reads and a site may log in full
 * (part E: a tenth of our recordings, most of some logs). The key cannot be forged: inside a string of the log its quotes would be escaped.
 */
const withoutResponseBody = (text: string): string => {
  const key = text.indexOf(RESPONSE_BODY)
  if (key < 0) return text
  const from = key + RESPONSE_BODY.length
  const to = stringEnd(text, from)
  return to < from + LONG_BODY ? text : text.slice(0, from) + text.slice(to)
}

/** The JSON object of a record and the text it was read from, or why there is none. */
export const readJson = (
  record: RawRecord,
): { readonly text: string; readonly root: Json } | { readonly unread: Unread } => {
  const text = withoutResponseBody(decode(record.bytes))
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch {
    return brokenJson(record, text)
  }
  const object = asObject(root)
  return object ? { text, root: object } : unread('JSON_SHAPE', 'the record is JSON but no object')
}

const brokenJson = (record: RawRecord, text: string): { readonly unread: Unread } => {
  if (record.cut) return tooLong(record)
  const body = text.trim()
  if (body === '') return unread('RECORD_EMPTY', 'the record is blank')
  // A writer that died, or a truncation between two of its writes, leaves a line without its head or without its tail.
  if (!body.startsWith('{')) return unread('JSON_INVALID', 'the record does not begin with an object')
  return body.endsWith('}')
    ? unread('JSON_INVALID', `the record of ${record.bytes.length} bytes is not JSON`)
    : unread('RECORD_TORN', `the record ends after ${record.bytes.length} bytes, in the middle of its object`)
}
