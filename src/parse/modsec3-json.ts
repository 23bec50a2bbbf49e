/** ModSecurity 3, `SecAuditLogFormat JSON`: one transaction per line, or the entry file of a concurrent log. */
import type { EngineMode, RawMatch, RawRecord, Transaction } from '../core/event.ts'
import type { Format, ParseContext, Parsed } from '../kit/parse.ts'
import { byteText } from './decode.ts'
import { httpVersion } from './http-version.ts'
import { jsonHeaders } from './json-headers.ts'
import { shortenJson } from './json-shorten.ts'
import { lineFramer } from './lines.ts'
import { ctime, epochInId, resolveTime } from './log-time.ts'
import { asArray, asCount, asObject, asPort, asString, asStrings, type Json, readIp, readJson } from './record-shape.ts'
import { readSeverity } from './severity.ts'
import { notAnAddress, notATime, unread } from './unread.ts'

const MODES: ReadonlyMap<unknown, EngineMode> = new Map([
  ['Enabled', 'on'],
  ['DetectionOnly', 'detection'],
  ['Disabled', 'off'],
])

const readMatch = (message: unknown): RawMatch | undefined => {
  const outer = asObject(message)
  const details = asObject(outer?.['details'])
  if (!outer || !details) return undefined
  const match: { -readonly [Key in keyof RawMatch]: RawMatch[Key] } = {
    ruleId: asCount(details['ruleId']),
    message: asString(outer['message']),
    data: asString(details['data']),
    tags: asStrings(details['tags']),
    file: asString(details['file']),
    line: asCount(details['lineNumber']),
    match: asString(details['match']),
  }
  const severity = readSeverity(details['severity'])
  if (severity !== undefined) match.severity = severity
  return match
}

const readMatches = (messages: unknown): readonly RawMatch[] => {
  const list: RawMatch[] = []
  for (const message of asArray(messages)) {
    const match = readMatch(message)
    if (match) list.push(match)
  }
  return list
}

/**
 * Where the response begins. The keys cannot be forged: inside a string of the log their quotes would be escaped. It
 * nearly always follows the request's headers, and a search that begins with a brace passes over them faster.
 */
const responseAt = (text: string): number => {
  const afterHeaders = text.indexOf('}},"response":{')
  return afterHeaders < 0 ? text.indexOf('"response":{') : afterHeaders
}

/** Reads the parsed object of a record; `text` is the JSON it came from. */
export const readModsec3 = (root: Json, text: string, record: RawRecord, context: ParseContext): Parsed => {
  const log = asObject(root['transaction'])
  if (!log) {
    // What libmodsecurity writes for every transaction when it was built without its JSON library.
    return asString(root['error']).includes('not compiled with JSON support')
      ? unread('JSON_UNSUPPORTED_BUILD', 'this ModSecurity was built without JSON: set SecAuditLogFormat Native')
      : unread('JSON_SHAPE', 'the record has no object "transaction"')
  }
  const peerIp = readIp(log['client_ip'])
  if (peerIp === undefined) return notAnAddress('transaction.client_ip')
  const transactionId = asString(log['unique_id'] ?? log['id'])
  const local = ctime(asString(log['time_stamp']))
  if (Number.isNaN(local)) return notATime('transaction.time_stamp')

  const request = asObject(log['request'])
  const response = asObject(log['response'])
  const peerPort = asPort(log['client_port'])
  const body = request?.['body']
  const engineMode = MODES.get(asObject(log['producer'])?.['secrules_engine'])
  const transaction: { -readonly [Key in keyof Transaction]: Transaction[Key] } = {
    engine: 'modsecurity3',
    transactionId,
    time: resolveTime(local, epochInId(transactionId), context.zoneMinutes),
    peerIp,
    method: asString(request?.['method']),
    uri: asString(request?.['uri']),
    httpVersion: httpVersion(request?.['http_version']),
    headers: jsonHeaders(request?.['headers'], text, text.indexOf('"request":{')),
    status: asCount(response?.['http_code']),
    responseHeaders: jsonHeaders(response?.['headers'], text, responseAt(text)),
    matches: readMatches(log['messages']),
    hasMatches: 'messages' in log,
  }
  if (peerPort !== undefined) transaction.peerPort = peerPort
  if (typeof body === 'string') transaction.body = byteText(body, record.bytes)
  if (engineMode) transaction.engineMode = engineMode
  const interrupted = log['is_interrupted']
  if (typeof interrupted === 'boolean') transaction.intercepted = interrupted
  return { transaction }
}

export const modsec3Json: Format = {
  id: 'modsec3-json',
  summary: 'ModSecurity 3 audit log, JSON, serial or one entry of a concurrent log',
  frame: (options) => lineFramer(options, shortenJson),
  parse(record, context) {
    const read = readJson(record)
    return 'unread' in read ? read : readModsec3(read.root, read.text, record, context)
  },
}
