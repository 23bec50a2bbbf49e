/**
 * ModSecurity's lines in nginx's error log, for those without an audit log. One line is one rule of one transaction;
 * `Access denied` is written at level error, warnings only at `error_log … info`. A line ends after 2,048 bytes.
 */
import type { Transaction } from '../core/event.ts'
import { canonicalIp } from '../core/ip.ts'
import type { Format, ParseContext, Parsed } from '../kit/parse.ts'
import { decode } from './decode.ts'
import { lineFramer } from './lines.ts'
import { unescapeLog } from './log-escapes.ts'
import { epochInId, resolveTime, slashTime } from './log-time.ts'
import { readRequestLine } from './request-line.ts'
import { readRuleText, ruleMatch, saysDenied } from './rule-text.ts'
import { notAnAddress, notATime, tooLong, unread } from './unread.ts'

const LINE = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: /
/** Anchored to the left, before anything of the client: other modules quote requests that may contain our words. */
const HEAD = /^.{19} \[[a-z]+\] \d+#\d+: (?:\*\d+ )?(?:\[client ([^\]\s]{1,64})\] )?ModSecurity: /
/**
 * libmodsecurity escapes quotes, so that the client cannot write this before nginx does. What nginx was doing stands
 * there when it was past reading the request: `"] while sending to client, client: …`.
 */
const TAIL = /"\](?: while [a-z ]{1,64})?, client: /g

/** nginx's own words after the message: `client: …, server: …, request: "…", host: "…"`. */
const readTail = (tail: string): { client: string; request: string; host: string } => {
  const client = tail.slice(0, Math.max(0, tail.indexOf(',')))
  const opening = tail.indexOf(', request: "')
  if (opening < 0) return { client, request: '', host: '' }
  const from = opening + 12
  // The request is quoted as it came: it may contain quotes, but ends with its protocol.
  const protocol = / HTTP\/\d(?:\.\d)?"/.exec(tail.slice(from))
  const end = protocol ? from + protocol.index + protocol[0].length - 1 : tail.indexOf('"', from)
  const rest = end < 0 ? '' : tail.slice(end)
  const host = rest.indexOf(', host: "')
  return {
    client,
    request: end < 0 ? '' : tail.slice(from, end),
    host: host < 0 ? '' : rest.slice(host + 9, rest.indexOf('"', host + 9)),
  }
}

export const readNginxError = (line: string, context: ParseContext): Parsed => {
  const text = line.trimEnd()
  const head = HEAD.exec(text)
  if (!head)
    return LINE.test(text)
      ? { skip: 'a line of nginx itself' }
      : unread('ERROR_LOG_SHAPE', 'the line is not "time [level] pid#tid: message"')
  TAIL.lastIndex = head[0].length
  const joint = TAIL.exec(text)
  const tail = readTail(joint ? text.slice(TAIL.lastIndex) : '')
  const rule = readRuleText(text.slice(head[0].length, joint ? joint.index + 2 : text.length), 'right')
  const match = ruleMatch(rule)
  if (!match) return { skip: 'a line of ModSecurity that reports no rule' }
  const peerIp = canonicalIp(tail.client || head[1] || '')
  if (peerIp === undefined) return notAnAddress('the client')
  const local = slashTime(text)
  if (Number.isNaN(local)) return notATime('the time of the line')
  const transactionId = rule.fields.get('unique_id') ?? ''
  const denied = saysDenied(rule.lead)
  const request = readRequestLine(tail.request)
  const transaction: Transaction = {
    engine: 'modsecurity3',
    transactionId,
    time: resolveTime(local, epochInId(transactionId), context.zoneMinutes),
    peerIp,
    ...request,
    uri: request.uri || unescapeLog(rule.fields.get('uri') ?? ''),
    headers: tail.host ? [['host', tail.host]] : [],
    status: Number(/^Access denied with code (\d{3})/.exec(rule.lead)?.[1] ?? 0),
    responseHeaders: [],
    matches: [match],
    ...(denied ? { intercepted: true } : {}),
    hasMatches: true,
  }
  return { transaction }
}

export const nginxError: Format = {
  id: 'nginx-error',
  summary: 'ModSecurity lines of an nginx error log',
  frame: (options) => lineFramer(options),
  parse: (record, context) => (record.cut ? tooLong(record) : readNginxError(decode(record.bytes), context)),
}
