/** Access log in the combined format of nginx and Apache, with or without Apache's leading virtual host. */
import type { Transaction } from '../core/event.ts'
import { canonicalIp } from '../core/ip.ts'
import type { Format, Parsed } from '../kit/parse.ts'
import { decode } from './decode.ts'
import { lineFramer } from './lines.ts'
import { unescapeLog } from './log-escapes.ts'
import { clfTime } from './log-time.ts'
import { readRequestLine } from './request-line.ts'
import { notAnAddress, notATime, tooLong, unread } from './unread.ts'

const BACKSLASH = 92

/** The quoted string that opens at `open`: both servers escape the quotes of the client. */
const quotedAt = (text: string, open: number): { readonly value: string; readonly end: number } | undefined => {
  if (text[open] !== '"') return undefined
  let close = text.indexOf('"', open + 1)
  while (close >= 0) {
    let slashes = 0
    while (text.charCodeAt(close - 1 - slashes) === BACKSLASH && close - 1 - slashes > open) slashes++
    if (slashes % 2 === 0) return { value: unescapeLog(text.slice(open + 1, close)), end: close + 1 }
    close = text.indexOf('"', close + 1)
  }
  return undefined
}

const SHAPE = unread('ACCESS_SHAPE', 'the line is not "address ident user [time] "request" status bytes ..."')

export const readCombined = (line: string): Parsed => {
  const text = line.trim()
  // A user name may contain blanks and brackets but no bare quote: the time ends right before the first quote.
  const quote = text.indexOf('"')
  const open = text.lastIndexOf('[', quote)
  if (quote < 0 || open < 0 || text.slice(quote - 2, quote) !== '] ') return SHAPE
  const words = text.slice(0, open).split(' ', 3)
  // vhost_combined: `shop.example.com:443 192.0.2.7 - - [...]`.
  const host =
    words.length > 2 && canonicalIp(words[0]!) === undefined && canonicalIp(words[1]!) !== undefined ? words[0]! : ''
  const peerIp = canonicalIp(host ? words[1]! : words[0]!)
  if (peerIp === undefined) return notAnAddress('the first word')
  const time = clfTime(text.slice(open + 1, quote - 2))
  if (Number.isNaN(time)) return notATime('the time in brackets')
  const request = quotedAt(text, quote)
  const numbers = request && /^ (\d{3}|-) (?:\d{1,19}|-)(?: |$)/.exec(text.slice(request.end, request.end + 32))
  if (!request || !numbers) return SHAPE
  const referer = quotedAt(text, request.end + numbers[0].length)
  const agent = referer && quotedAt(text, referer.end + 1)

  const headers: [string, string][] = []
  if (host) headers.push(['host', host.replace(/:\d{1,5}$/, '')])
  if (referer && referer.value !== '-' && referer.value !== '') headers.push(['referer', referer.value])
  if (agent && agent.value !== '-' && agent.value !== '') headers.push(['user-agent', agent.value])
  const transaction: Transaction = {
    engine: 'access',
    transactionId: '',
    time,
    peerIp,
    ...readRequestLine(request.value),
    headers,
    status: Number(numbers[1]) || 0,
    responseHeaders: [],
    matches: [],
    hasMatches: false,
  }
  return { transaction }
}

export const accessCombined: Format = {
  id: 'access-combined',
  summary: 'nginx or Apache access log, combined or vhost_combined',
  frame: (options) => lineFramer(options),
  parse: (record) => (record.cut ? tooLong(record) : readCombined(decode(record.bytes))),
}
