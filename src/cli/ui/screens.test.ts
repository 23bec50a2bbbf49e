import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Explanation } from '../../app/explain.ts'
import type { ReplaySummary } from '../../app/summary.ts'
import type { Alert } from '../../core/alert.ts'
import type { Decision } from '../../core/decision.ts'
import type { Event } from '../../core/event.ts'
import type { Reason, StageName } from '../../core/reason.ts'
import { HOUR, SECOND } from '../../core/time.ts'
import { NO_COLOURS, paletteFor } from './colour.ts'
import { bytesCommand, decisionScreen, standing } from './decision-screen.ts'
import { evidenceLines } from './evidence-lines.ts'
import { explainScreen } from './explain-screen.ts'
import { explanationJson, jsonText, summaryJson } from './json.ts'
import { accountOf } from './status-screen.ts'
import { summaryScreen } from './summary-screen.ts'
import { textWidth } from './width.ts'

const T = Date.parse('2026-11-22T07:30:00Z')
const SGR = /\u001b\[[0-9;]*m/g
const why = (stage: StageName, code: string, text: string, weight?: number): Reason =>
  weight === undefined ? { stage, code, text } : { stage, code, text, weight }

const eventWith = (evil: string): Event => ({
  id: 'e-7f3a9c21d0aa41be9c1f22aa',
  transactionId: evil,
  time: T,
  sensor: 'shop',
  engine: 'modsecurity3',
  clientIp: '203.0.113.9',
  peerIp: '10.20.0.1',
  request: {
    method: 'GET',
    host: evil,
    uri: `/search?q=${evil}`,
    path: '/search',
    query: '',
    userAgent: evil,
    headers: [['X', evil]],
    httpVersion: '1.1',
  },
  response: { status: 403 },
  matches: [
    {
      ruleId: 942100,
      message: `SQL Injection ${evil}`,
      data: evil,
      severity: 'CRITICAL',
      tags: [],
      file: evil,
      line: 1,
      variable: `ARGS:${evil}`,
      attackClass: 'sqli',
    },
    {
      ruleId: 949110,
      message: 'Anomaly Score Exceeded',
      data: '',
      severity: 'EMERGENCY',
      tags: [],
      file: '',
      line: 1,
      attackClass: 'other',
      evaluation: true,
    },
  ],
  attackClasses: ['sqli'],
  anomalyScore: 15,
  threatScore: 4,
  severity: 'medium',
  disposition: 'blocked',
  dispositionConfidence: 0.9,
  redacted: ['request.headers.Cookie'],
  raw: { source: 'file:/var/log/modsec audit.log', offset: 120031, length: 2113 },
})

const reasons: readonly Reason[] = [
  why('parse', 'parse.whole', 'one JSON line, complete'),
  why('classify', 'classify.tag', 'tag attack-sqli on rule 942100'),
  why('correlate', 'evidence.clean', '2 clean requests before', -0.9),
  why('correlate', 'evidence.families', 'three attack families: sqli, xss, lfi', 3.1),
  why('decide', 'guard.allowlist', 'not in the allowlist'),
]

const alert: Alert = {
  id: 'a-1',
  scenario: 'evidence',
  subject: { scope: 'Ip', value: '203.0.113.9' },
  sensor: 'shop',
  startedAt: T - 41 * SECOND,
  stoppedAt: T,
  eventCount: 9,
  events: ['e-7f3a9c21d0aa41be9c1f22aa'],
  attackClasses: ['sqli'],
  severity: 'high',
  confidence: 98,
  verdict: 'ban',
  conduct: { requests: 11, matched: 9, clean: 2, userAgents: 1, sessions: 0, clientsSeen: 180 },
  reasons,
}

const decision: Decision = {
  id: 'd-1',
  alert: 'a-1',
  type: 'ban',
  scope: 'Ip',
  value: '203.0.113.9',
  origin: 'engine',
  scenario: 'evidence',
  startsAt: T,
  until: T + 4 * HOUR,
  reason: 'three attack families on 5 targets in 40 s',
  reasons,
  events: alert.events,
  simulated: false,
}

const explanationWith = (evil: string): Explanation => ({
  record: 3,
  format: 'modsec3-json',
  raw: eventWith(evil).raw,
  reasons: [...reasons, why('classify', 'x', evil)],
  event: eventWith(evil),
  alerts: [alert],
  decisions: [decision],
})

const summary: ReplaySummary = {
  records: 4812,
  events: 4800,
  ignored: 2,
  rejected: 10,
  rejectedReasons: { RECORD_TORN: 10 },
  bytes: 19_400_000,
  seconds: 0.91,
  alerts: 44,
  incidents: 12,
  decisions: [decision, { ...decision, id: 'd-2', value: '198.51.100.7', type: 'throttle', simulated: true }],
  clients: 211,
  firstAt: T,
  lastAt: T + 129 * SECOND,
  dispositions: { blocked: 312, detected: 45, allowed: 4443 },
  attackClasses: { xss: 44, sqli: 120 },
  spared: [
    {
      subject: { scope: 'Ip', value: '198.51.100.200' },
      wanted: 'ban',
      got: 'throttle',
      reason: why('decide', 'guard.shared', '31 sessions share this address'),
    },
  ],
  findings: [],
}

const plain = { colours: NO_COLOURS, width: 80 }

test('explain walks the stages in order and gives each its reasons', () => {
  const text = explainScreen(explanationWith("1' OR 1"), plain).join('\n')
  const places = ['record ', 'event ', 'class ', 'alert ', 'evidence ', 'decide '].map((label) =>
    text.indexOf(`\n${label}`.slice(label === 'record ' ? 1 : 0)),
  )
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
  assert.ok(places.every((place) => place >= 0))
  for (const part of [
    'GET',
    'by way of 10.20.0.1',
    'rule 942100',
    'because one JSON line, complete',
    'because tag attack-sqli on rule 942100',
    '+3.1  ████████  three attack families',
    '−0.9',
    '+2.2  sum of 2 pieces of evidence',
    'ban Ip 203.0.113.9 for 4 h, until 2026-11-22 11:30:00 UTC',
    'because not in the allowlist  guard.allowlist',
    "(CRS's own 15)",
    'redacted: request.headers.Cookie',
  ])
    assert.ok(text.includes(part), `${part} is missing in\n${text}`)
  assert.ok(!text.includes('949110'), 'a rule that only sums up is no evidence')
})

test('explain says why there is no event', () => {
  const { event: _e, ...rest } = explanationWith('')
  const raw = rest.raw
  const rejected = explainScreen(
    { ...rest, rejection: { code: 'RECORD_TORN', text: 'the object is not closed', raw }, reasons: [] },
    plain,
  )
  assert.deepEqual(rejected.slice(-2), ['parse    rejected: RECORD_TORN', '         because the object is not closed'])
  const ignored = explainScreen({ ...rest, ignored: 'a start-up notice', reasons: [] }, plain)
  assert.equal(ignored.at(-1), 'parse    no event: a start-up notice')
})

test('evidence adds up as shown', () => {
  const lines = evidenceLines(
    [why('correlate', 'a', 'x', 1.25), why('correlate', 'b', 'y', -0.5), why('correlate', 'c', 'z', 0.01)],
    60,
    NO_COLOURS,
  )
  assert.deepEqual(
    lines.map((line) => line.slice(0, 6)),
    ['  +1.3', '  −0.5', '  +0.8'],
  )
  assert.deepEqual(evidenceLines([why('decide', 'a', 'no weight')], 60, NO_COLOURS), [])
})

test('why leads back to the bytes', () => {
  const text = decisionScreen(
    { decision, alert, events: [eventWith('x')], proofs: [], points: [] },
    plain,
    T + HOUR,
    5,
  ).join('\n')
  for (const part of [
    'BAN  Ip 203.0.113.9',
    'now    active, ends in 3 h',
    'Evidence',
    '11 requests seen: 9 with evidence, 2 clean',
    '942100',
    "tail -c +120032 '/var/log/modsec audit.log' | head -c 2113",
  ])
    assert.ok(text.includes(part), `${part} is missing in\n${text}`)
  assert.equal(bytesCommand({ ...eventWith(''), raw: { source: 'file:/a/b.gz', offset: 1, length: 2 } }), undefined)
  assert.equal(
    bytesCommand({ ...eventWith(''), raw: { source: "file:/a/$(x)'", offset: 1, length: 2 } }),
    "tail -c +2 '/a/$(x)'\\''' | head -c 2",
  )
})

test('standing', () => {
  assert.equal(standing(decision, T + 5 * HOUR), 'expired 1 h ago')
  assert.equal(standing(decision, T - HOUR), 'begins in 1 h')
  assert.equal(
    standing({ ...decision, withdrawnAt: T + HOUR, withdrawnBy: 'cli:alice' }, T + 2 * HOUR),
    'lifted by cli:alice 1 h ago',
  )
})

test('the summary is an account: it adds up, names refusals and guards, and never hides a loss', () => {
  const text = summaryScreen(summary, { ...plain, kind: 'replay', limit: 40 }).join('\n')
  for (const part of [
    '4,800 events + 2 ignored + 10 rejected = 4,812 of 4,812',
    'rejected   RECORD_TORN 10',
    'lost       0',
    '1 ban, 1 throttle',
    'untouched  209 of 211 clients',
    'Spared by a guard: 1',
    'ban became throttle, because 31 sessions',
    'shadow',
    'nothing was enforced',
  ])
    assert.ok(text.includes(part), `${part} is missing in\n${text}`)
  assert.ok(text.indexOf('sqli') < text.indexOf('xss'), 'most frequent class first')
  const lossy = summaryScreen({ ...summary, events: 4790 }, { ...plain, kind: 'replay', limit: 40 }).join('\n')
  assert.ok(lossy.includes('lost       10'))
  const cut = summaryScreen(summary, { ...plain, kind: 'replay', limit: 1 }).join('\n')
  assert.ok(cut.includes('and 1 more decision;'))
  const nothing = summaryScreen(
    { ...summary, decisions: [], attackClasses: {}, spared: [] },
    { ...plain, kind: 'replay', limit: 40 },
  ).join('\n')
  assert.ok(nothing.includes('none: nobody gave enough evidence to act on'))
  assert.ok(nothing.includes('attacks    none seen'))
})

test('the JSON contract of replay', () => {
  const json = summaryJson(summary)
  for (const key of [
    'records',
    'events',
    'rejected',
    'bytes',
    'seconds',
    'eventsPerSecond',
    'alerts',
    'incidents',
    'decisions',
    'rejectedReasons',
  ])
    assert.ok(key in json, key)
  assert.deepEqual(Object.keys((json['decisions'] as object[])[0]!).slice(0, 8), [
    'type',
    'scope',
    'value',
    'scenario',
    'startsAt',
    'until',
    'reason',
    'events',
  ])
  assert.equal((json['decisions'] as { startsAt: string }[])[0]!.startsAt, '2026-11-22T07:30:00.000Z')
})

test('the account per source', () => {
  const tally = {
    sensor: 's',
    source: 'f',
    bytes: 1,
    records: 10,
    events: 6,
    ignored: 1,
    rejected: { RECORD_TORN: 2 },
    untrustedHeaders: 0,
    lostBytes: 3,
  }
  assert.deepEqual(accountOf([tally, tally]), {
    records: 20,
    events: 12,
    ignored: 2,
    rejected: 4,
    lostBytes: 6,
    missing: 2,
  })
})

test('no screen lets a control character of a log through or is wider than the terminal', () => {
  const colours = paletteFor({ write() {}, isTTY: true }, {})
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 60, max: 160 }), (evil, width) => {
      const screen = { colours, width }
      const explanation = explanationWith(evil)
      const { event } = explanation
      const evilDecision = { ...decision, reason: evil, withdrawnBy: evil }
      const evilSummary = { ...summary, decisions: [evilDecision] }
      const lines = [
        ...explainScreen(explanation, screen),
        ...decisionScreen({ decision: evilDecision, alert, events: [event!], proofs: [], points: [] }, screen, T, 5),
        ...summaryScreen(evilSummary, { ...screen, kind: 'replay', limit: 5 }),
      ]
      for (const line of lines) {
        const bare = line.replace(SGR, '')
        assert.doesNotMatch(bare, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        // A command to copy must stay whole, whatever the width.
        if (!bare.includes('bytes: ')) assert.ok(textWidth(bare) <= width, `${textWidth(bare)} > ${width}: ${bare}`)
      }
      const json = jsonText([explanationJson(explanation), summaryJson(evilSummary)])
      assert.doesNotMatch(json.replaceAll('\n', ''), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
      assert.deepEqual(
        JSON.parse(json),
        JSON.parse(JSON.stringify([explanationJson(explanation), summaryJson(evilSummary)])),
      )
    }),
    { numRuns: 100 },
  )
})
