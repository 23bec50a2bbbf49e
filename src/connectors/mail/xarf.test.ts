import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { callOf } from '../../../test/contracts/call.ts'
import { startSmtp } from '../../../test/real/smtp.ts'
import type { CaseFile } from '../../kit/case-file.ts'
import { caseEventFixture, caseFixture } from '../../kit/sample-case.ts'
import mail from './index.ts'
import { settings } from './settings.ts'
import { abuseText, xarfReport } from './xarf.ts'

const ADDRESS = '203.0.113.7'
const REPORTER = { from: 'soc@example.net', discloseHosts: false }

interface Report {
  readonly xarf_version: string
  readonly report_id: string
  readonly reporter: Readonly<Record<string, string>>
  readonly type: string
  readonly confidence: number
  readonly evidence: readonly { readonly payload: string; readonly size: number }[]
}

const reportOf = (changes: Partial<CaseFile> = {}, more: Partial<typeof REPORTER> & { organisation?: string } = {}) =>
  xarfReport(caseFixture(changes), ADDRESS, 'run-1/step', { ...REPORTER, ...more }) as Report

const evidenceOf = ({ evidence }: Report): string => Buffer.from(evidence[0]!.payload, 'base64').toString()

test('a report has what its schema asks for', () => {
  const report = reportOf()
  assert.deepEqual(
    { ...report, evidence: undefined, report_id: undefined },
    {
      ...{ evidence: undefined, report_id: undefined, xarf_version: '4.2.0', timestamp: '2026-11-27T08:01:09.000Z' },
      reporter: { org: 'example.net', contact: 'soc@example.net', domain: 'example.net' },
      sender: { org: 'example.net', contact: 'soc@example.net', domain: 'example.net' },
      ...{ source_identifier: ADDRESS, category: 'connection', type: 'vulnerability_scan', protocol: 'tcp' },
      ...{ scan_type: 'web_vuln_scan', total_requests: 14, evidence_source: 'ids_detection', confidence: 0.97 },
      ...{ first_seen: '2026-11-27T07:58:41.120Z', last_seen: '2026-11-27T08:01:09.000Z' },
      description: '14 requests that a web application firewall took for attacks: sqli, xss.',
      tags: ['attack:sqli', 'attack:xss'],
    },
  )
  assert.match(report.report_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(report.evidence[0]!.size, evidenceOf(report).length)
  assert.equal(reportOf({ attackClasses: ['sqli'] }).type, 'sql_injection')
  assert.equal(reportOf({}, { organisation: 'Example AG' }).reporter['org'], 'Example AG')
})

test('a repeat is the same report, another step another one', () => {
  assert.equal(reportOf().report_id, reportOf().report_id)
  const other = xarfReport(caseFixture(), ADDRESS, 'run-2/step', REPORTER) as Report
  assert.notEqual(other.report_id, reportOf().report_id)
})

test('our hosts are named only where the operator wants it; no other client’s requests are in it', () => {
  const absolute = caseEventFixture({
    request: { ...caseEventFixture().request, uri: 'https://shop.example.net/search?q=1' },
  })
  const others = caseEventFixture({ clientIp: '198.51.100.9' })
  const events = [caseEventFixture(), absolute, others]
  for (const text of [evidenceOf(reportOf({ events })), abuseText(caseFixture({ events }), ADDRESS, REPORTER)]) {
    assert.doesNotMatch(text, /shop\.example\.net/)
    assert.match(text, /GET \/search\?q=1/)
  }
  assert.equal(evidenceOf(reportOf({ events })).split('\n').length, 2)
  assert.match(evidenceOf(reportOf({ events }, { discloseHosts: true })), / shop\.example\.net GET /)
  assert.equal('evidence' in reportOf({ events: [others] }), false)
})

const mailed = async (t: TestContext, file: CaseFile) => {
  const smtp = await startSmtp()
  t.after(() => smtp.stop())
  const config = settings.parse({
    ...{ server: `127.0.0.1:${smtp.port}`, tls: 'none', from: 'soc@example.net', to: 'team@example.net' },
  })
  const session = mail.connect(config, { name: 'mail', clock: Date.now })
  const input = { address: ADDRESS, case: file, to: 'abuse@isp.example' }
  await mail.actions['report_abuse']!.run(input, session, callOf())
  return smtp.mails[0]!
}

/** Head and parts of a multipart message. */
const taken = (data: string) => {
  const boundary = /boundary="([^"]+)"/.exec(data)![1]!
  const [head, ...parts] = data.split(`--${boundary}`)
  return { head: head!, parts: parts.slice(0, -1) }
}

test('it is a feedback report: for people, for programs, and the report itself', async (t) => {
  const { from, to, data } = await mailed(t, caseFixture())
  assert.deepEqual([from, to], ['soc@example.net', ['abuse@isp.example']])
  const { head, parts } = taken(data)
  assert.match(head, /^Content-Type: multipart\/report; report-type=feedback-report/m)
  assert.match(head, /^Auto-Submitted: auto-generated/m)
  assert.match(head, /^Subject: Abuse report: attacks on web servers from 203\.0\.113\.7/m)
  assert.equal(parts.length, 3)
  assert.match(parts[0]!, /text\/plain/)
  assert.match(parts[1]!, /message\/feedback-report[\s\S]*Feedback-Type: xarf/)
  assert.match(parts[2]!, /application\/json; name=xarf\.json/)
  const body = parts[2]!.split('\r\n\r\n')[1]!
  const json = /base64/i.test(parts[2]!) ? Buffer.from(body, 'base64').toString() : body
  assert.equal(JSON.parse(json.replace(/=\r\n/g, '').replaceAll('=3D', '=')).xarf_version, '4.2.0')
})

test('nothing that an attacker wrote becomes a header or a part', async (t) => {
  const evil = 'x\r\nBcc: evil@example.com\r\n\r\n--boundary\r\nContent-Type: text/html\u2028'
  const { request } = caseEventFixture()
  const uri = `/${evil}?${'q'.repeat(10_000)}`
  const event = caseEventFixture({ request: { ...request, uri, method: evil, userAgent: evil, host: evil } })
  const { to, data } = await mailed(t, caseFixture({ events: [event] }))
  const { head, parts } = taken(data)
  assert.deepEqual(to, ['abuse@isp.example'])
  assert.doesNotMatch(head, /^Bcc/m)
  assert.equal(parts.length, 3)
  for (const part of parts) assert.doesNotMatch(part, /^(Bcc|Content-Type: text\/html)/m)
  assert.ok(data.length < 8000)
})
