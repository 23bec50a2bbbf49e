import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '../core/alert.ts'
import { subjectOf } from '../core/ip.ts'
import { HOUR, MINUTE, type Millis } from '../core/time.ts'
import { StateSpace } from '../kit/state.ts'
import { createIncidents } from './incidents.ts'

const NOW: Millis = Date.UTC(2026, 10, 22, 9)
let serial = 0
const alert = (ip: string, at: Millis, more: Partial<Alert> = {}): Alert => ({
  id: `a-${serial++}`,
  scenario: 'sql-injection',
  subject: subjectOf(ip),
  sensor: 's',
  startedAt: at - MINUTE,
  stoppedAt: at,
  eventCount: 3,
  events: [],
  attackClasses: ['sqli'],
  severity: 'medium',
  confidence: 50,
  verdict: 'watch',
  reasons: [],
  ...more,
})

test('alerts of one actor within the campaign window are one incident; severity and escalation only rise', () => {
  const incidents = createIncidents({}, new StateSpace())
  const first = incidents.add(alert('192.0.2.7', NOW))
  assert.deepEqual([first.state, first.openedAt, first.lastAt], ['open', NOW - MINUTE, NOW])
  incidents.add(alert('192.0.2.7', NOW + 5 * HOUR, { severity: 'critical', escalate: true, attackClasses: ['xss'] }))
  const third = incidents.add(alert('192.0.2.7', NOW + 10 * HOUR, { scenario: 'scanner', severity: 'low' }))
  assert.deepEqual(
    [third.id, third.alertCount, third.eventCount, third.severity, third.escalated, third.lastAt],
    [first.id, 3, 9, 'critical', true, NOW + 10 * HOUR],
  )
  assert.deepEqual(third.scenarios, ['sql-injection', 'scanner'])
  assert.deepEqual(third.attackClasses, ['sqli', 'xss'])
  assert.equal(third.alerts.length, 3)
})

test('another actor, or the same after an idle window, is another incident', () => {
  const incidents = createIncidents({ window: HOUR }, new StateSpace())
  const first = incidents.add(alert('192.0.2.7', NOW))
  assert.notEqual(incidents.add(alert('192.0.2.8', NOW)).id, first.id)
  assert.equal(incidents.add(alert('192.0.2.7', NOW + HOUR - 1)).id, first.id)
  assert.notEqual(incidents.add(alert('192.0.2.7', NOW + 2 * HOUR - 1)).id, first.id)
})

test('a late alert neither shortens nor reopens', () => {
  const incidents = createIncidents({ window: HOUR }, new StateSpace())
  const first = incidents.add(alert('192.0.2.7', NOW))
  const late = incidents.add(alert('192.0.2.7', NOW - 5 * MINUTE))
  assert.deepEqual([late.id, late.lastAt, late.openedAt], [first.id, NOW, NOW - 6 * MINUTE])
})

test('closing is remembered: the next alert opens a new case', () => {
  const incidents = createIncidents({}, new StateSpace())
  const first = incidents.add(alert('192.0.2.7', NOW))
  assert.equal(incidents.close('i-unknown', NOW), undefined)
  assert.equal(incidents.close(first.id, NOW)?.state, 'closed')
  assert.equal(incidents.close(first.id, NOW), undefined)
  assert.notEqual(incidents.add(alert('192.0.2.7', NOW + MINUTE)).id, first.id)
})

test('a restart goes on with the same case, and a long campaign stays small', () => {
  const state = new StateSpace()
  const incidents = createIncidents({}, state)
  for (let i = 0; i < 500; i++) incidents.add(alert('192.0.2.7', NOW + i * MINUTE))
  const rows = state.drain()
  const next = new StateSpace()
  next.restore(rows)
  const going = createIncidents({}, next).add(alert('192.0.2.7', NOW + 500 * MINUTE))
  assert.deepEqual([going.alertCount, going.alerts.length], [501, 128])
  assert.ok((rows[0]?.value?.length ?? 0) < 4000)
})
