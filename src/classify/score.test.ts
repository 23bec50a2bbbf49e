import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Engine, RawMatch } from '../core/event.ts'
import { ruleKind } from './attack-class.ts'
import { reportedScore, severityOf, statedSeverity } from './score.ts'

const rule = (severity: number | undefined, rest: Partial<RawMatch> = {}): RawMatch => ({
  ruleId: 1001,
  message: 'm',
  data: '',
  tags: [],
  file: '',
  line: 0,
  ...(severity === undefined ? {} : { severity }),
  ...rest,
})
const stated = (match: RawMatch, engine: Engine = 'modsecurity3') => statedSeverity(match, ruleKind(match), engine)

test('severities are the syslog names', () => {
  const names = [1, 2, 3, 4, 5, 6, 7].map((severity) => stated(rule(severity)))
  assert.deepEqual(names, ['ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'])
  assert.equal(stated(rule(undefined)), undefined)
})

test('zero of ModSecurity 3 is no severity, unless the rule itself says EMERGENCY', () => {
  assert.equal(stated(rule(0, { ruleId: 999002, message: 'Legitimate request' })), undefined)
  assert.equal(stated(rule(0, { ruleId: 1002, tags: ['attack-sqli'] })), undefined)
  assert.equal(stated(rule(0, { message: 'Emergency: web shell' })), 'EMERGENCY')
  assert.equal(stated(rule(0, { tags: ['severity/EMERGENCY'] })), 'EMERGENCY')
  assert.equal(stated(rule(0, { ruleId: 949110, tags: ['anomaly-evaluation'], message: 'emergency' })), undefined)
})

test('zero of an engine that leaves a missing severity out is meant', () => {
  assert.equal(stated(rule(0), 'modsecurity2'), 'EMERGENCY')
  assert.equal(stated(rule(0), 'coraza'), 'EMERGENCY')
})

test('the ladder', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 9, 10, 99].map(severityOf), [
    'info',
    'low',
    'low',
    'medium',
    'medium',
    'high',
    'high',
    'critical',
    'critical',
  ])
})

const SCORES: readonly (readonly [message: string, match: string, score: number | undefined])[] = [
  ['Inbound Anomaly Score Exceeded (Total Score: 18)', '', 18],
  [
    'Inbound Anomaly Score Exceeded (Total Inbound Score: 5 - SQLI=5,XSS=0): individual paranoia level scores: 5, 0',
    '',
    5,
  ],
  ['Outbound Anomaly Score Exceeded (score 4): individual', '', 4],
  ['Anomaly Scores: (Inbound Scores: blocking=15, detection=20, per_pl=15-5-0-0, threshold=5)', '', 15],
  [
    '',
    "Matched \"Operator `Ge' with parameter `5' against variable `TX:BLOCKING_INBOUND_ANOMALY_SCORE' (Value: `30' )",
    30,
  ],
  ['', 'Operator GE matched 5 at TX:anomaly_score.', undefined],
  ['(Total Score: 99999999999)', '', undefined],
]
for (const [message, match, score] of SCORES)
  test(`anomaly score of ${JSON.stringify(message || match)}`, () =>
    assert.equal(reportedScore(rule(2, { ruleId: 949110, message, match })), score))
