import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Disposition, RawMatch, Transaction } from '../core/event.ts'
import { dispositionOf } from './disposition.ts'

const rule = (ruleId: number, match = ''): RawMatch => ({
  ruleId,
  message: '',
  data: '',
  tags: [],
  file: '',
  line: 0,
  match,
})
const SQLI = rule(942100)
const SCORE = rule(949110)
const OWN = rule(1001)

const transaction = (part: Partial<Transaction>): Transaction => ({
  engine: 'modsecurity3',
  transactionId: '1',
  time: 0,
  peerIp: '192.0.2.7',
  method: 'GET',
  uri: '/',
  httpVersion: '1.1',
  headers: [],
  status: 200,
  responseHeaders: [],
  matches: [],
  hasMatches: true,
  engineMode: 'on',
  ...part,
})

const CASES: readonly (readonly [
  what: string,
  part: Partial<Transaction>,
  disposition: Disposition,
  least: number,
  most: number,
])[] = [
  ['the engine intervened', { intercepted: true, matches: [OWN] }, 'blocked', 1, 1],
  ['the engine did not intervene', { intercepted: false, matches: [SQLI], status: 403 }, 'detected', 1, 1],
  ['the engine did not intervene, no rule', { intercepted: false, status: 403 }, 'allowed', 1, 1],
  ['score exceeded, 403', { matches: [SQLI, SCORE], status: 403 }, 'blocked', 0.9, 0.99],
  ['outbound score exceeded, 403', { matches: [rule(959100)], status: 403 }, 'blocked', 0.9, 0.99],
  ['score exceeded, another denial', { matches: [SQLI, SCORE], status: 406 }, 'blocked', 0.7, 0.9],
  ['score exceeded, redirected but logged as 200', { matches: [SQLI, SCORE], status: 200 }, 'blocked', 0.5, 0.7],
  [
    'score exceeded, mode unknown, 200',
    { matches: [SQLI, SCORE], status: 200, engineMode: undefined! },
    'detected',
    0.5,
    0.7,
  ],
  ['detection only vetoes', { matches: [SQLI, SCORE], status: 403, engineMode: 'detection' }, 'detected', 1, 1],
  ['engine off vetoes', { engineMode: 'off' }, 'allowed', 1, 1],
  ['detection only, no rule', { engineMode: 'detection', status: 403 }, 'allowed', 1, 1],
  [
    'detection only, yet intervened',
    { engineMode: 'detection', intercepted: true, matches: [OWN] },
    'detected',
    0.5,
    0.7,
  ],
  [
    '"Access denied" in the words of the engine',
    { matches: [rule(1001, 'Access denied with code 444 (phase 1).')], status: 444 },
    'blocked',
    0.9,
    1,
  ],
  [
    '"Access denied" quoted from a request',
    { matches: [rule(942100, 'Matched "x" (Value: `Access denied with code 403')] },
    'detected',
    0.8,
    1,
  ],
  ['below the threshold, the application says 403', { matches: [SQLI], status: 403 }, 'detected', 0.5, 0.8],
  ['a rule of one’s own and 403', { matches: [OWN], status: 403 }, 'blocked', 0.7, 0.8],
  ['a rule of one’s own and 200', { matches: [OWN] }, 'detected', 0.8, 1],
  ['403 without rules', { status: 403 }, 'allowed', 0.4, 0.6],
  ['nothing at all', {}, 'allowed', 0.9, 1],
  ['an access log', { hasMatches: false, engineMode: undefined! }, 'allowed', 0.4, 0.6],
  ['an access log with 403', { hasMatches: false, status: 403 }, 'allowed', 0.2, 0.4],
]
for (const [what, part, disposition, least, most] of CASES)
  test(`disposition: ${what}`, () => {
    const ruling = dispositionOf(transaction(part))
    assert.equal(ruling.disposition, disposition)
    assert.ok(ruling.confidence >= least && ruling.confidence <= most, `confidence ${ruling.confidence}`)
  })
