import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Decision } from '../core/decision.ts'
import { idAt, putId } from '../core/decision-id.ts'
import { decisionText, readDecision } from './decision-text.ts'

const decision = (n: number, more: Partial<Decision> = {}): Decision => ({
  id: `d-${n.toString(16).padStart(24, '0')}`,
  value: `203.0.113.${n}`,
  startsAt: 1000,
  until: 2000 + n,
  type: 'ban',
  scope: 'Ip',
  origin: 'engine',
  scenario: 'sql-injection',
  reason: 'SQL injection',
  reasons: [],
  events: [],
  simulated: false,
  ...more,
})

test('a text reads back as its decision, whatever was read before it', () => {
  const all = [
    decision(1),
    decision(2),
    decision(3, { scenario: 'other "name"' }),
    decision(4),
    decision(5, { scope: 'Range' }),
  ]
  for (const one of [...all, ...all.toReversed()]) assert.deepEqual(readDecision(decisionText(one)), one)
  const shuffled = JSON.stringify(Object.fromEntries(Object.entries(all[2]!).toReversed()))
  assert.deepEqual(readDecision(shuffled), all[2])
})

test('ids are kept as words', () => {
  const words = new Uint32Array(6)
  for (const id of ['d-000000000000000000000000', 'd-ffffffff00000000deadbeef', 'd-0123456789abcdef01234567']) {
    putId(words, 1, id)
    assert.equal(idAt(words, 1), id)
  }
})
