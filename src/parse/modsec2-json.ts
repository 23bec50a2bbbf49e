/** ModSecurity 2, `SecAuditLogFormat JSON`, and Coraza's `jsonlegacy`, which has the same shape with fewer fields. */
import type { Engine, RawMatch, RawRecord, Transaction } from '../core/event.ts'
import type { Format, ParseContext, Parsed } from '../kit/parse.ts'
import { byteText } from './decode.ts'
import { jsonHeaders } from './json-headers.ts'
import { shortenJson } from './json-shorten.ts'
import { lineFramer } from './lines.ts'
import { clfTime, resolveTime, slashTime } from './log-time.ts'
import { readEngineMode, readMessages } from './modsec2-trailer.ts'
import { asArray, asCount, asObject, asPort, asString, asStrings, type Json, readIp, readJson } from './record-shape.ts'
import { readRequestLine } from './request-line.ts'
import { readSeverity } from './severity.ts'
import { notAnAddress, notATime, unread } from './unread.ts'

/** Part K as matches. It lists every rule that ran true, those too that only set variables; they have no severity. */
const ruleMatches = (rules: unknown): RawMatch[] => {
  const list: RawMatch[] = []
  for (const chain of asArray(rules)) {
    const members = asArray(asObject(chain)?.['rules'])
    const rule = asObject(members.find((member) => asObject(asObject(member)?.['actionset'])?.['id'] !== undefined))
    const actions = asObject(rule?.['actionset'])
    const severity = readSeverity(actions?.['severity'])
    if (!rule || !actions || severity === undefined || asObject(chain)?.['full_chain_match'] === false) continue
    const config = asObject(rule['config'])
    list.push({
      ruleId: asCount(actions['id']),
      message: '',
      data: '',
      severity,
      tags: asStrings(actions['tags']),
      file: asString(config?.['filename']),
      line: asCount(config?.['line_num']),
    })
  }
  return list
}

/**
 * The messages are the rules that were meant to be logged, with their words; part K, when it is there, fills in what
 * the length limit of a message cut off, and stands in for messages that were not logged at all.
 */
const merged = (messages: readonly RawMatch[], rules: readonly RawMatch[], logged: boolean): readonly RawMatch[] => {
  if (rules.length === 0) return messages
  if (!logged) return rules
  const byId = new Map(rules.map((rule) => [rule.ruleId, rule]))
  return messages.map((match) => {
    const rule = byId.get(match.ruleId)
    if (!rule || (match.severity !== undefined && match.tags.length >= rule.tags.length)) return match
    return { ...match, severity: match.severity ?? rule.severity!, tags: rule.tags }
  })
}

const bodyOf = (request: Json | undefined): string | undefined => {
  const body = request?.['body'] ?? request?.['fake_body']
  return typeof body === 'string' ? body : Array.isArray(body) ? asStrings(body).join('') : undefined
}

/** Coraza writes another time, or the field names of its own stopwatch. */
const engineOf = (audit: Json | undefined, time: string): Engine =>
  time[4] === '/' || asObject(audit?.['stopwatch'])?.['Combined'] !== undefined ? 'coraza' : 'modsecurity2'

/** Coraza's legacy messages are the bare words of the rules, without ids. */
const wordMatches = (messages: readonly string[]): readonly RawMatch[] =>
  messages
    .filter((message) => message !== '')
    .map((message) => ({ ruleId: 0, message, data: '', tags: [], file: '', line: 0 }))

export const readModsec2 = (root: Json, text: string, record: RawRecord, context: ParseContext): Parsed => {
  const log = asObject(root['transaction'])
  if (!log) return unread('JSON_SHAPE', 'the record has no object "transaction"')
  const peerIp = readIp(log['remote_address'])
  if (peerIp === undefined) return notAnAddress('transaction.remote_address')
  const timeText = asString(log['time'])
  const zoned = clfTime(timeText)
  const time = Number.isNaN(zoned) ? resolveTime(slashTime(timeText), Number.NaN, context.zoneMinutes) : zoned
  if (Number.isNaN(time)) return notATime('transaction.time')

  const request = asObject(root['request'])
  const response = asObject(root['response'])
  const audit = asObject(root['audit_data'])
  const engine = engineOf(audit, timeText)
  const words = asStrings(audit?.['messages'])
  const messages = engine === 'coraza' ? { matches: wordMatches(words), denied: false } : readMessages(words)
  const rules = ruleMatches(root['matched_rules'])
  const peerPort = asPort(log['remote_port'])
  const body = bodyOf(request)
  const engineMode = readEngineMode(asString(audit?.['engine_mode']))
  const action = asObject(audit?.['action'])
  const transaction: Transaction = {
    engine,
    transactionId: asString(log['transaction_id']),
    time,
    peerIp,
    ...(peerPort === undefined ? {} : { peerPort }),
    ...readRequestLine(asString(request?.['request_line'])),
    headers: jsonHeaders(request?.['headers'], text, text.indexOf('"request":{')),
    ...(body === undefined ? {} : { body: byteText(body, record.bytes) }),
    status: asCount(response?.['status']),
    responseHeaders: jsonHeaders(response?.['headers'], text, text.indexOf('"response":{')),
    matches: merged(messages.matches, rules, audit !== undefined && 'messages' in audit),
    ...(engineMode ? { engineMode } : {}),
    // ModSecurity 2 writes the action whenever there was one, so its absence is a word too; Coraza never writes it.
    ...(audit && engine === 'modsecurity2' ? { intercepted: action?.['intercepted'] === true || messages.denied } : {}),
    hasMatches: audit !== undefined || rules.length > 0,
  }
  return { transaction }
}

export const modsec2Json: Format = {
  id: 'modsec2-json',
  summary: 'ModSecurity 2 audit log, JSON; also the `jsonlegacy` format of Coraza',
  frame: (options) => lineFramer(options, shortenJson),
  parse(record, context) {
    const read = readJson(record)
    return 'unread' in read ? read : readModsec2(read.root, read.text, record, context)
  },
}
