/**
 * A report to the abuse desk of an attacker's network, in the Extended Abuse Reporting Format 4.2.0 (xarf/xarf-spec,
 * category `connection`). It is read by strangers: requests are as they are stored, without secrets, and the names of
 * our hosts are left out unless the operator wants them told.
 */
import { domainToASCII } from 'node:url'
import type { CaseEvent, CaseFile } from '../../kit/case-file.ts'
import { oneLine } from '../../kit/case-text.ts'
import { uuidOf } from '../../kit/uuid.ts'

export interface Reporter {
  /** Mail address, also its sender. */
  readonly from: string
  readonly organisation?: string | undefined
  readonly discloseHosts: boolean
}

const VERSION = '4.2.0'
const MOST_REQUESTS = 10
const LONGEST = 300

const contactOf = ({ from, organisation }: Reporter) => {
  const domain = domainToASCII(from.slice(from.lastIndexOf('@') + 1))
  return { org: organisation ?? domain, contact: from, domain }
}

/** With the fields that its kind needs; `login_attack` needs the source port, which is not kept. */
const kindOf = ({ attackClasses, eventCount }: CaseFile) =>
  attackClasses.length > 0 && attackClasses.every((name) => name === 'sqli')
    ? { type: 'sql_injection', attempts_count: eventCount }
    : { type: 'vulnerability_scan', scan_type: 'web_vuln_scan', total_requests: eventCount }

const requestLine =
  ({ discloseHosts }: Reporter) =>
  ({ time, request, response, matches }: CaseEvent): string => {
    const host = discloseHosts && request.host !== '' ? `${request.host} ` : ''
    const rules = matches.map(({ ruleId }) => ruleId).join(',')
    const uri = request.uri.replace(/^https?:\/\/[^/?#]*/i, '').slice(0, LONGEST)
    return oneLine(`${time} ${host}${request.method} ${uri} ${response.status} rules ${rules || 'none'}`)
  }

export const requestLines = (file: CaseFile, address: string, reporter: Reporter): readonly string[] =>
  file.events
    .filter(({ clientIp }) => clientIp === address)
    .slice(-MOST_REQUESTS)
    .map(requestLine(reporter))

/** `key` is the step's: a repeat is the same report. */
export const xarfReport = (file: CaseFile, address: string, key: string, reporter: Reporter): object => {
  const contact = contactOf(reporter)
  const text = requestLines(file, address, reporter).join('\n')
  return {
    xarf_version: VERSION,
    report_id: uuidOf(`abuse report ${key}`, 4),
    timestamp: file.lastAt,
    reporter: contact,
    sender: contact,
    source_identifier: address,
    category: 'connection',
    ...kindOf(file),
    protocol: 'tcp',
    first_seen: file.openedAt,
    last_seen: file.lastAt,
    evidence_source: 'ids_detection',
    confidence: file.confidence / 100,
    description: `${file.eventCount} requests that a web application firewall took for attacks: ${file.attackClasses.join(', ')}.`,
    tags: file.attackClasses.map((name) => `attack:${name}`).slice(0, 20),
    ...(text === ''
      ? {}
      : {
          evidence: [
            {
              content_type: 'text/plain',
              description: 'Requests, times in UTC',
              payload: Buffer.from(text).toString('base64'),
              size: Buffer.byteLength(text),
            },
          ],
        }),
  }
}

/** The same for people. */
export const abuseText = (file: CaseFile, address: string, reporter: Reporter): string => {
  const lines = requestLines(file, address, reporter)
  return [
    `Attacks on our web servers come from ${address}, which is in your network.`,
    '',
    `From:     ${file.openedAt}`,
    `To:       ${file.lastAt}`,
    `Requests: ${file.eventCount}`,
    `Kind:     ${file.attackClasses.join(', ')}`,
    ...(lines.length === 0
      ? []
      : ['', 'Some of the requests (time in UTC, method, path, status, rules of the firewall):', '', ...lines]),
    '',
    'The attached xarf.json says the same for programs (XARF 4, xarf.org).',
    'It may be a computer of one of your customers that somebody else controls. Please look into it.',
  ].join('\n')
}
