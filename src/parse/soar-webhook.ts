/**
 * What comes in at `POST /api/webhook/modsecurity`: article 1's SOAR payload, one JSON object a line, as its senders
 * (and our own `webhook` connector) post it. It says who attacked what and which rules matched, so it is read like a
 * record of the WAF itself, and goes the way of all records.
 */
import type { HeaderList, RawMatch, RawRecord, Transaction } from '../core/event.ts'
import type { Format, ParseContext, Parsed } from '../kit/parse.ts'
import { shortenJson } from './json-shorten.ts'
import { lineFramer } from './lines.ts'
import { isoTime } from './log-time.ts'
import {
  asArray,
  asCount,
  asNumber,
  asObject,
  asString,
  asStrings,
  type Json,
  readIp,
  readJson,
} from './record-shape.ts'
import { readSeverity } from './severity.ts'
import { notAnAddress, notATime, unread } from './unread.ts'

const readMatch = (value: unknown): readonly RawMatch[] => {
  const rule = asObject(value)
  const ruleId = asNumber(rule?.['rule_id'])
  if (!rule || ruleId === undefined || !Number.isInteger(ruleId)) return []
  const severity = readSeverity(rule['severity'])
  return [
    {
      ruleId,
      message: asString(rule['message']),
      data: asString(rule['data']),
      ...(severity === undefined ? {} : { severity }),
      tags: asStrings(rule['tags']),
      file: asString(rule['file']),
      line: asCount(rule['line']),
    },
  ]
}

/** A time without a zone is UTC, as the article's senders write it. */
const readTime = (text: string): number => isoTime(/(?:Z|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text}Z`)

const headersOf = (indicators: Json): HeaderList =>
  (
    [
      ['Host', asString(indicators['host'])],
      ['User-Agent', asString(indicators['user_agent'])],
    ] as const
  ).filter(([, value]) => value !== '')

export const readSoarPayload = (root: Json): Parsed => {
  const indicators = asObject(root['indicators'])
  const details = asObject(root['details']) ?? {}
  if (!indicators) return unread('JSON_SHAPE', 'the payload has no "indicators"')
  const peerIp = readIp(indicators['ip_address'])
  if (peerIp === undefined) return notAnAddress('indicators.ip_address')
  const time = readTime(asString(root['timestamp']))
  if (Number.isNaN(time)) return notATime('timestamp')
  const transaction: Transaction = {
    engine: 'modsecurity3',
    transactionId: asString(root['event_id']),
    time,
    peerIp,
    method: asString(details['method']),
    uri: asString(indicators['request_uri']),
    httpVersion: '',
    headers: headersOf(indicators),
    status: asCount(details['response_code']),
    responseHeaders: [],
    matches: asArray(details['matched_rules']).flatMap(readMatch),
    hasMatches: true,
  }
  return { transaction }
}

export const soarWebhook: Format = {
  id: 'soar-webhook',
  summary: "article 1's SOAR payload, one JSON object a line",
  frame: (options) => lineFramer(options, shortenJson),
  parse(record: RawRecord, _context: ParseContext) {
    const read = readJson(record)
    return 'unread' in read ? read : readSoarPayload(read.root)
  },
}
