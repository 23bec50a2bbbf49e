/** How much of each field an event keeps. A longer text ends in `…`, so that nobody takes the rest for missing in the log. */
import { ownText } from './memo.ts'

export const LIMITS = {
  message: 512,
  data: 512,
  uri: 2048,
  userAgent: 512,
  host: 256,
  method: 32,
  httpVersion: 16,
  transactionId: 128,
  headers: 64,
  headerName: 128,
  headerValue: 1024,
  matches: 256,
  tags: 32,
  tag: 128,
  file: 256,
  variable: 128,
  redacted: 64,
} as const

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff

/** At most `max` characters, the mark included; never half a surrogate pair. */
export const cut = (text: string, max: number): string => {
  if (text.length <= max) return text
  const end = isHighSurrogate(text.charCodeAt(max - 2)) ? max - 2 : max - 1
  return `${ownText(text.slice(0, end))}…`
}

/**
 * A piece to be searched for secrets and then cut to `max`: four times as long, ending at a word boundary where there
 * is one. Cutting first would leave the first half of a card number or token, too short to be recognised.
 */
export const searchable = (text: string, max: number): string => {
  const limit = max * 4
  if (text.length <= limit) return text
  let end = limit
  while (end > limit - 256 && !isBreak(text.charCodeAt(end - 1))) end--
  return text.slice(0, end)
}

const isBreak = (code: number): boolean => code <= 0x20 || code === 0x26 || code === 0x3b || code === 0x2c
