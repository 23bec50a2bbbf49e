/** Coraza, `SecAuditLogFormat JSON`. */
import type { RawMatch, RawRecord, Transaction } from '../core/event.ts'
import type { Format, ParseContext, Parsed } from '../kit/parse.ts'
import { corazaRule, corazaTime, corazaWords, epochDigits, rawDigits } from './coraza-words.ts'
import { byteText } from './decode.ts'
import { httpVersion } from './http-version.ts'
import { jsonHeaders } from './json-headers.ts'
import { shortenJson } from './json-shorten.ts'
import { lineFramer } from './lines.ts'
import { readEngineMode } from './modsec2-trailer.ts'
import { asArray, asCount, asObject, asPort, asString, type Json, readIp, readJson } from './record-shape.ts'
import { notAnAddress, notATime, unread } from './unread.ts'

const readMatches = (messages: readonly unknown[]): readonly RawMatch[] => {
  const list: RawMatch[] = []
  for (const item of messages) {
    const message = asObject(item)
    const data = asObject(message?.['data'])
    const match = data
      ? corazaRule(data, asString(message?.['message']))
      : corazaWords(asString(message?.['error_message'])).match
    if (match) list.push(match)
  }
  return list
}

export const readCoraza = (root: Json, text: string, record: RawRecord, context: ParseContext): Parsed => {
  const log = asObject(root['transaction'])
  if (!log) return unread('JSON_SHAPE', 'the record has no object "transaction"')
  const peerIp = readIp(log['client_ip'])
  if (peerIp === undefined) return notAnAddress('transaction.client_ip')
  const exact = epochDigits(rawDigits(text, 'unix_timestamp'))
  const time = Number.isNaN(exact) ? corazaTime(asString(log['timestamp']), context.zoneMinutes) : exact
  if (Number.isNaN(time)) return notATime('transaction.unix_timestamp')

  const request = asObject(log['request'])
  const response = asObject(log['response'])
  const producer = asObject(log['producer'])
  const messages = asArray(root['messages'])
  const peerPort = asPort(log['client_port'])
  const body = asString(request?.['body'])
  const engineMode = readEngineMode(asString(producer?.['rule_engine']))
  const interrupted = log['is_interrupted']
  const transaction: Transaction = {
    engine: 'coraza',
    transactionId: asString(log['id']),
    time,
    peerIp,
    ...(peerPort === undefined ? {} : { peerPort }),
    method: asString(request?.['method']),
    uri: asString(request?.['uri']),
    httpVersion: httpVersion(request?.['http_version']) || httpVersion(request?.['protocol']),
    headers: jsonHeaders(request?.['headers'], text, text.indexOf('"request":{')),
    ...(body === '' ? {} : { body: byteText(body, record.bytes) }),
    status: asCount(response?.['status']),
    responseHeaders: jsonHeaders(response?.['headers'], text, text.indexOf('"response":{')),
    matches: readMatches(messages),
    ...(engineMode ? { engineMode } : {}),
    ...(typeof interrupted === 'boolean' ? { intercepted: interrupted } : {}),
    // Without parts H and K an empty list of messages says nothing; the producer is written with part H.
    hasMatches: producer !== undefined || messages.length > 0,
  }
  return { transaction }
}

export const corazaJson: Format = {
  id: 'coraza-json',
  summary: 'Coraza audit log, JSON',
  frame: (options) => lineFramer(options, shortenJson),
  parse(record, context) {
    const read = readJson(record)
    return 'unread' in read ? read : readCoraza(read.root, read.text, record, context)
  },
}
