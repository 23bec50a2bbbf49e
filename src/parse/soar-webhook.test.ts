import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawRecord } from '../core/event.ts'
import { soarPayload } from '../core/soar-payload.ts'
import { caseEventFixture } from '../kit/sample-case.ts'
import { soarWebhook } from './soar-webhook.ts'

const read = (value: unknown) => {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  const record: RawRecord = { bytes, ref: { source: 'x', offset: 0, length: bytes.length } }
  return soarWebhook.parse(record, { zoneMinutes: () => 0 } as never)
}

test('what our own sender posts is read back', () => {
  const parsed = read(soarPayload(caseEventFixture(), 'modsecurity_high_severity'))
  assert.ok('transaction' in parsed)
  const { peerIp, time, method, uri, status, headers, matches } = parsed.transaction
  assert.deepEqual([peerIp, time, method, status], ['203.0.113.7', Date.parse('2026-11-27T07:58:41.120Z'), 'GET', 403])
  assert.match(uri, /^\/search\?q=1/)
  assert.deepEqual(headers[0], ['Host', 'shop.example.net'])
  assert.deepEqual(
    matches.map(({ ruleId, severity, line }) => [ruleId, severity, line]),
    [[942100, 2, 65]],
  )
})

test("the example of the article is read, and a sender's time without a zone is UTC", () => {
  const example = {
    alert_type: 'modsecurity_waf',
    timestamp: '2024-01-15T10:30:00',
    indicators: {
      ip_address: '203.0.113.10',
      user_agent: 'Mozilla/5.0',
      host: 'example.com',
      request_uri: '/vulnerable',
    },
    details: {
      method: 'POST',
      response_code: 403,
      matched_rules: [{ rule_id: '942100', message: 'SQL Injection', severity: 'CRITICAL' }],
    },
  }
  const parsed = read(example)
  assert.ok('transaction' in parsed)
  assert.equal(parsed.transaction.time, Date.parse('2024-01-15T10:30:00Z'))
})

test('nothing makes it throw', () => {
  for (const value of [
    '',
    '{',
    '[]',
    'null',
    '{}',
    { indicators: null },
    { indicators: { ip_address: 'x' } },
    { indicators: { ip_address: '1.2.3.4' }, timestamp: 5 },
    {
      indicators: { ip_address: '1.2.3.4' },
      timestamp: '2024-01-15T10:30:00Z',
      details: { matched_rules: [null, 5, { rule_id: 'x' }, { rule_id: '1.5' }] },
    },
  ])
    assert.ok(read(value))
})
