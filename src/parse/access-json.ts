/**
 * nginx access log as JSON: the `modsec_json` format of the setup guide, with whatever `$http_…` variables the operator
 * added. It carries no rules; scenarios about statuses live on it.
 */
import type { HeaderList, RawRecord, Transaction } from '../core/event.ts'
import type { Format, ParseContext, Parsed } from '../kit/parse.ts'
import { decode } from './decode.ts'
import { httpVersion } from './http-version.ts'
import { shortenJson } from './json-shorten.ts'
import { lineFramer } from './lines.ts'
import { clfTime, isoTime } from './log-time.ts'
import { asCount, asNumber, asObject, asPort, asString, type Json, readIp, readJson } from './record-shape.ts'
import { readRequestLine } from './request-line.ts'
import { notAnAddress, notATime, unread } from './unread.ts'

/** `http_x_forwarded_for` → `x-forwarded-for`. nginx writes an absent header as nothing or as a dash. */
const readHeaders = (root: Json): HeaderList => {
  const list: [string, string][] = []
  for (const key in root) {
    if (!key.startsWith('http_')) continue
    const value = root[key]
    if (typeof value === 'string' && value !== '' && value !== '-')
      list.push([key.slice(5).replaceAll('_', '-'), value])
  }
  return list
}

const readTime = (root: Json): number => {
  const text = asString(root['time'] ?? root['time_iso8601'] ?? root['time_local'])
  if (text !== '') return text[4] === '-' ? isoTime(text) : clfTime(text)
  const seconds = asNumber(root['msec'])
  return seconds !== undefined && seconds > 1e9 && seconds < 1e11 ? Math.round(seconds * 1000) : Number.NaN
}

export const readAccess = (root: Json): Parsed => {
  if (!('remote_addr' in root) || !('status' in root))
    return unread('ACCESS_SHAPE', 'the record has no "remote_addr" or no "status"')
  const peerIp = readIp(root['remote_addr'])
  if (peerIp === undefined) return notAnAddress('remote_addr')
  const time = readTime(root)
  if (Number.isNaN(time)) return notATime('time')
  const line = readRequestLine(asString(root['request']))
  const peerPort = asPort(root['remote_port'])
  const transaction: Transaction = {
    engine: 'access',
    transactionId: asString(root['request_id']),
    time,
    peerIp,
    ...(peerPort === undefined ? {} : { peerPort }),
    method: line.method || asString(root['request_method']),
    uri: line.uri || asString(root['request_uri']),
    httpVersion: line.httpVersion || httpVersion(root['server_protocol']),
    headers: readHeaders(root),
    status: asCount(root['status']),
    responseHeaders: [],
    matches: [],
    hasMatches: false,
  }
  return { transaction }
}

/** Without `escape=json` nginx writes `\x22`, which is no JSON; a backslash of the client is `\x5C` there. */
const repaired = (record: RawRecord): Json | undefined => {
  const text = decode(record.bytes)
  if (!text.includes('\\x')) return undefined
  try {
    return asObject(JSON.parse(text.replace(/\\x(?=[0-9A-Fa-f]{2})/g, '\\u00')))
  } catch {
    return undefined
  }
}

export const accessJson: Format = {
  id: 'access-json',
  summary: 'nginx access log, JSON (log_format modsec_json)',
  frame: (options) => lineFramer(options, shortenJson),
  parse(record: RawRecord, _context: ParseContext) {
    const read = readJson(record)
    if (!('unread' in read)) return readAccess(read.root)
    const root = read.unread.code === 'JSON_INVALID' ? repaired(record) : undefined
    return root ? readAccess(root) : read
  },
}
