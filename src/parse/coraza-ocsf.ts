/** Coraza, `SecAuditLogFormat OCSF`: Web Resources Activity (class 6001) of the Open Cybersecurity Schema Framework. */
import type { HeaderList, RawMatch, RawRecord, Transaction } from '../core/event.ts'
import type { Format, Parsed } from '../kit/parse.ts'
import { corazaRule, epochDigits, rawDigits } from './coraza-words.ts'
import { httpVersion } from './http-version.ts'
import { shortenJson } from './json-shorten.ts'
import { lineFramer } from './lines.ts'
import { asArray, asCount, asObject, asPort, asString, type Json, readIp, readJson } from './record-shape.ts'
import { notAnAddress, notATime, unread } from './unread.ts'

const WEB_RESOURCES_ACTIVITY = 6001
const DENIED = 2

/** Headers are pairs here; without part B only the three that the class names are logged. */
const readHeaders = (http: Json | undefined): HeaderList => {
  const list: [string, string][] = []
  for (const item of asArray(http?.['http_headers'])) {
    const header = asObject(item)
    if (header && asString(header['name']) !== '') list.push([asString(header['name']), asString(header['value'])])
  }
  if (list.length > 0 || !http) return list
  const agent = asString(http['user_agent'])
  if (agent !== '') list.push(['user-agent', agent])
  const referrer = asString(http['referrer'])
  if (referrer !== '') list.push(['referer', referrer])
  for (const forwarded of asArray(http['x_forwarded_for'])) list.push(['x-forwarded-for', asString(forwarded)])
  return list
}

/** An enrichment per match, whose `data` is the rule as JSON inside of a string. */
const readMatch = (item: unknown): RawMatch | undefined => {
  const enrichment = asObject(item)
  if (!enrichment) return undefined
  const message = asString(enrichment['name'])
  try {
    const data = asObject(JSON.parse(asString(enrichment['data'])))
    if (data) return corazaRule(data, message)
  } catch {
    // Shortened because the line was too long, or no rule data at all: its name and value are still here.
  }
  return { ruleId: 0, message, data: asString(enrichment['value']), tags: [], file: '', line: 0 }
}

export const readOcsf = (root: Json, text: string): Parsed => {
  if (root['class_uid'] !== WEB_RESOURCES_ACTIVITY)
    return unread('JSON_SHAPE', 'class_uid is not 6001, Web Resources Activity')
  const source = asObject(root['src_endpoint'])
  const peerIp = readIp(source?.['ip'])
  if (peerIp === undefined) return notAnAddress('src_endpoint.ip')
  const time = epochDigits(rawDigits(text, 'time'))
  if (Number.isNaN(time)) return notATime('time')

  const request = asObject(root['http_request'])
  const response = asObject(root['http_response'])
  const peerPort = asPort(source?.['port'])
  const matches: RawMatch[] = []
  for (const item of asArray(root['enrichments'])) {
    const match = readMatch(item)
    if (match) matches.push(match)
  }
  const transaction: Transaction = {
    engine: 'coraza',
    transactionId: asString(asObject(root['metadata'])?.['uid']),
    time,
    peerIp,
    ...(peerPort === undefined ? {} : { peerPort }),
    method: asString(request?.['http_method']),
    uri: asString(asObject(request?.['url'])?.['url_string']),
    httpVersion: httpVersion(request?.['version']),
    headers: readHeaders(request),
    status: asCount(response?.['code']),
    responseHeaders: readHeaders(response),
    matches,
    ...(typeof root['action_id'] === 'number' ? { intercepted: root['action_id'] === DENIED } : {}),
    hasMatches: true,
  }
  return { transaction }
}

export const corazaOcsf: Format = {
  id: 'coraza-ocsf',
  summary: 'Coraza audit log, OCSF',
  frame: (options) => lineFramer(options, shortenJson),
  parse(record: RawRecord) {
    const read = readJson(record)
    return 'unread' in read ? read : readOcsf(read.root, read.text)
  },
}
