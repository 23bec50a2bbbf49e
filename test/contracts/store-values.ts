/** Plain values for the store's contract suite, by number. Light: the child processes of the suite load this too. */
import { hash } from 'node:crypto'
import type { Alert, Incident } from '../../src/core/alert.ts'
import type { Decision } from '../../src/core/decision.ts'
import type { Event } from '../../src/core/event.ts'
import { HOUR } from '../../src/core/time.ts'
import { type Commit, emptyCommit, type Tally } from '../../src/kit/store.ts'

export const T0 = Date.UTC(2026, 10, 22, 4, 30)

export const idOf = (text: string | number): string => `e-${hash('sha256', String(text), 'hex').slice(0, 24)}`

export const eventOf = (n: number, change: Partial<Event> = {}): Event => ({
  id: idOf(n),
  transactionId: `1795321897.${n}`,
  time: T0 + n * 1000,
  sensor: 'shop',
  engine: 'modsecurity3',
  clientIp: `192.0.2.${n % 200}`,
  peerIp: '10.0.0.1',
  session: 'k1:5a2f',
  request: {
    method: 'GET',
    host: 'shop.example.com',
    uri: `/item?id=${n}'--`,
    path: '/item',
    query: `id=${n}'--`,
    userAgent: 'curl/8.5',
    headers: [
      ['Host', 'shop.example.com'],
      ['User-Agent', 'curl/8.5'],
      ['X-Request-Id', `r-${n}`],
    ],
    httpVersion: '1.1',
  },
  response: { status: 403 },
  matches: [
    {
      ruleId: 942100,
      message: 'SQL Injection Attack Detected via libinjection',
      data: `Matched Data: s& found within ARGS:id: ${n}'--`,
      severity: 'CRITICAL',
      tags: ['attack-sqli', 'paranoia-level/1'],
      file: '/usr/share/modsecurity-crs/rules/REQUEST-942-APPLICATION-ATTACK-SQLI.conf',
      line: 46,
      variable: 'ARGS:id',
      attackClass: 'sqli',
      paranoiaLevel: 1,
    },
    {
      ruleId: 949110,
      message: 'Inbound Anomaly Score Exceeded (Total Score: 5)',
      data: '',
      severity: 'CRITICAL',
      tags: [],
      file: '/usr/share/modsecurity-crs/rules/REQUEST-949-BLOCKING-EVALUATION.conf',
      line: 81,
      attackClass: 'other',
      evaluation: true,
    },
  ],
  attackClasses: ['sqli'],
  anomalyScore: 5,
  threatScore: 4,
  severity: 'medium',
  disposition: 'blocked',
  dispositionConfidence: 100,
  engineMode: 'on',
  redacted: ['request.headers.Cookie'],
  raw: { source: 'file:/var/log/modsec_audit.log', offset: n * 900, length: 899 },
  ...change,
})

export const alertOf = (id: string, change: Partial<Alert> = {}): Alert => ({
  id,
  scenario: 'sql-injection',
  subject: { scope: 'Ip', value: '192.0.2.7' },
  sensor: 'shop',
  startedAt: T0,
  stoppedAt: T0 + 1000,
  eventCount: 2,
  events: [idOf(1), idOf(2)],
  attackClasses: ['sqli'],
  severity: 'high',
  confidence: 90,
  verdict: 'ban',
  reasons: [{ stage: 'correlate', code: 'evidence.family', text: 'sqli in 2 places', weight: 1.5 }],
  ...change,
})

export const decisionOf = (id: string, change: Partial<Decision> = {}): Decision => ({
  id,
  alert: 'a-1',
  type: 'ban',
  scope: 'Ip',
  value: '192.0.2.7',
  origin: 'engine',
  scenario: 'sql-injection',
  startsAt: T0,
  until: T0 + 4 * HOUR,
  reason: 'SQL injection',
  reasons: [],
  events: [idOf(1)],
  simulated: false,
  ...change,
})

export const incidentOf = (id: string, change: Partial<Incident> = {}): Incident => ({
  id,
  subject: { scope: 'Ip', value: '192.0.2.7' },
  openedAt: T0,
  lastAt: T0 + 1000,
  state: 'open',
  severity: 'high',
  escalated: false,
  alertCount: 1,
  eventCount: 2,
  scenarios: ['sql-injection'],
  attackClasses: ['sqli'],
  alerts: ['a-1'],
  ...change,
})

export const tallyOf = (change: Partial<Tally> = {}): Tally => ({
  sensor: 'shop',
  source: 'file:/var/log/modsec_audit.log',
  bytes: 0,
  records: 0,
  events: 0,
  ignored: 0,
  rejected: {},
  untrustedHeaders: 0,
  lostBytes: 0,
  ...change,
})

export const commitOf = (change: Partial<Commit>): Commit => ({ ...emptyCommit(T0 + HOUR), ...change })
