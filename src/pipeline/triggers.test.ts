import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '../core/alert.ts'
import { TRIGGER_KINDS, type TriggerKind } from '../core/trigger.ts'
import { createIncidents } from '../correlate/incidents.ts'
import { StateSpace } from '../kit/state.ts'
import { emptyCommit } from '../kit/store.ts'
import { triggersIn } from './triggers.ts'

const ALL: ReadonlySet<TriggerKind> = new Set(TRIGGER_KINDS)
const T0 = Date.parse('2026-11-27T08:00:00Z')

const alertOf = (id: string, change: Partial<Alert> = {}): Alert => ({
  id,
  scenario: 'sql-injection',
  subject: { scope: 'Ip', value: '203.0.113.7' },
  sensor: 'shop',
  startedAt: T0,
  stoppedAt: T0,
  eventCount: 1,
  events: [],
  attackClasses: ['sqli'],
  severity: 'high',
  confidence: 90,
  verdict: 'ban',
  reasons: [],
  ...change,
})

const kinds = (commit: Parameters<typeof triggersIn>[0], listens = ALL) =>
  triggersIn(commit, listens).map(({ kind, alert, incident, decision }) => [kind, alert ?? incident ?? decision])

test('an incident is opened once, escalated once, and updated in between', () => {
  const incidents = createIncidents({}, new StateSpace())
  const seen: unknown[] = []
  for (const [i, escalate] of [false, false, true, true].entries()) {
    const alert = alertOf(`a-${i}`, { stoppedAt: T0 + i, escalate })
    const commit = { ...emptyCommit(T0), alerts: [alert], incidents: [incidents.add(alert)] }
    seen.push(kinds(commit).map(([kind]) => kind))
  }
  assert.deepEqual(seen, [
    ['alert.raised', 'incident.opened'],
    ['alert.raised', 'incident.updated'],
    ['alert.raised', 'incident.updated', 'incident.escalated'],
    ['alert.raised', 'incident.updated'],
  ])
})

test('several alerts in one commit open it once', () => {
  const incidents = createIncidents({}, new StateSpace())
  const alerts = [alertOf('a-1'), alertOf('a-2', { escalate: true })]
  const last = alerts.map((alert) => incidents.add(alert)).at(-1)!
  const commit = { ...emptyCommit(T0), alerts, incidents: [last] }
  assert.deepEqual(
    kinds(commit).map(([kind]) => kind),
    ['alert.raised', 'alert.raised', 'incident.opened', 'incident.escalated'],
  )
  assert.deepEqual(kinds(commit, new Set(['incident.escalated'])), [['incident.escalated', last.id]])
  assert.deepEqual(triggersIn(commit, new Set()), [])
})

test('a decision is news when it is added, strengthened or withdrawn; lists, canaries and longer ones are not', () => {
  const decision = (id: string, change = {}) => ({
    ...{ id, type: 'ban', scope: 'Ip', value: '203.0.113.7', origin: 'engine', scenario: 's', startsAt: T0 },
    ...{ until: T0 + 1, reason: '', reasons: [], events: [], simulated: false, ...change },
  })
  const act = (verb: string, subject: string) => ({ at: T0, actor: 'engine', verb, subject, detail: {} })
  const commit = {
    ...emptyCommit(T0),
    decisions: [
      decision('d-1'),
      decision('d-2'),
      decision('d-3', { withdrawnAt: T0 }),
      decision('d-4', { origin: 'canary' }),
      decision('d-5', { origin: 'feed:list' }),
      decision('d-6', { type: 'throttle' }),
    ],
    acts: [
      act('decision.add', 'd-1'),
      act('decision.extend', 'd-2'),
      act('decision.add', 'd-4'),
      act('decision.add', 'd-5'),
      act('decision.strengthen', 'd-6'),
    ],
  } as unknown as Parameters<typeof triggersIn>[0]
  assert.deepEqual(kinds(commit), [
    ['decision.added', 'd-1'],
    ['decision.withdrawn', 'd-3'],
    ['decision.added', 'd-6'],
  ])
  assert.deepEqual(
    triggersIn(commit, ALL).map(({ severity }) => severity),
    ['high', 'high', 'medium'],
  )
})
