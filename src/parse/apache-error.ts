/**
 * ModSecurity's lines in Apache's error log, for those without an audit log. One line is one rule of one transaction.
 * Apache cuts a line at 8 KiB and appends the referer of the client, unquoted.
 */
import type { Transaction } from '../core/event.ts'
import { canonicalIp } from '../core/ip.ts'
import type { Format, ParseContext, Parsed } from '../kit/parse.ts'
import { decode } from './decode.ts'
import { lineFramer } from './lines.ts'
import { unescapeApacheError, unescapeLog } from './log-escapes.ts'
import { ctime, epochInApacheId, resolveTime } from './log-time.ts'
import { readRuleText, ruleMatch, saysDenied } from './rule-text.ts'
import { notAnAddress, notATime, tooLong, unread } from './unread.ts'

const LABEL = 'ModSecurity: '
const LINE = /^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})? \d{4}\] /

/** The brackets that a line begins with. Only behind them ModSecurity's label counts: other modules quote requests. */
const leadingBrackets = (text: string): { readonly groups: readonly string[]; readonly end: number } => {
  const groups: string[] = []
  let at = 0
  while (text[at] === '[' && groups.length < 8) {
    const close = text.indexOf('] ', at)
    if (close < 0 || close - at > 128) break
    groups.push(text.slice(at + 1, close))
    at = close + 2
  }
  return { groups, end: at }
}

/** `client 192.0.2.7` (ModSecurity's own) or `client 192.0.2.7:4711` (Apache's). */
const clientOf = (groups: readonly string[]): { ip: string | undefined; port: number } => {
  const clients = groups.filter((group) => group.startsWith('client ')).map((group) => group.slice(7))
  const withPort = /^(.{1,64}):(\d{1,5})$/.exec(clients[0] ?? '')
  const ip = canonicalIp(clients.at(-1) ?? '') ?? canonicalIp(withPort?.[1]?.replace(/^\[|\]$/g, '') ?? '')
  return { ip, port: withPort && canonicalIp(withPort[1]!) === ip ? Number(withPort[2]) : 0 }
}

export const readApacheError = (line: string, context: ParseContext): Parsed => {
  const text = line.trimEnd()
  if (!LINE.test(text)) return unread('ERROR_LOG_SHAPE', 'the line does not begin with "[time] "')
  const { groups, end } = leadingBrackets(text)
  if (!text.startsWith(LABEL, end)) return { skip: 'a line of Apache itself' }
  const rule = readRuleText(unescapeApacheError(text.slice(end + LABEL.length)), 'left')
  const match = ruleMatch(rule)
  if (!match) return { skip: 'a line of ModSecurity that reports no match' }
  const client = clientOf(groups)
  if (client.ip === undefined) return notAnAddress('the client')
  const local = ctime(groups[0]!)
  if (Number.isNaN(local)) return notATime('the time of the line')
  const transactionId = rule.fields.get('unique_id') ?? ''
  const denied = saysDenied(rule.lead)
  const host = rule.fields.get('hostname') ?? ''
  const transaction: Transaction = {
    engine: 'modsecurity2',
    transactionId,
    time: resolveTime(local, epochInApacheId(transactionId), context.zoneMinutes),
    peerIp: client.ip,
    ...(client.port > 0 ? { peerPort: client.port } : {}),
    method: '',
    uri: unescapeLog(rule.fields.get('uri') ?? ''),
    httpVersion: '',
    headers: host ? [['host', unescapeLog(host)]] : [],
    status: Number(/^Access denied with code (\d{3})/.exec(rule.lead)?.[1] ?? 0),
    responseHeaders: [],
    matches: [match],
    ...(denied ? { intercepted: true } : {}),
    hasMatches: true,
  }
  return { transaction }
}

export const apacheError: Format = {
  id: 'apache-error',
  summary: 'ModSecurity lines of an Apache error log',
  frame: (options) => lineFramer(options),
  parse: (record, context) => (record.cut ? tooLong(record) : readApacheError(decode(record.bytes), context)),
}
