import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRateLimit, type Ruling } from './rate-limit.ts'

const count = (rulings: readonly Ruling[]) => ({
  answer: rulings.filter((r) => r === 'answer').length,
  truncate: rulings.filter((r) => r === 'truncate').length,
})

test('so many a second to one network; of the rest every second one is sent to TCP', () => {
  const limit = createRateLimit(10)
  const rulings = Array.from({ length: 50 }, (_, i) => limit(`203.0.113.${i}`, 1000))
  assert.deepEqual(count(rulings), { answer: 10, truncate: 20 })
  assert.equal(limit('198.51.100.1', 1000), 'answer', 'another network has its own')
  assert.deepEqual(count(Array.from({ length: 20 }, () => limit('203.0.113.1', 1500))).answer, 5)
})

test('IPv6 is counted by /64, loopback not at all, and a clock that goes back harms nobody', () => {
  const limit = createRateLimit(1)
  assert.equal(limit('2001:db8::1', 1000), 'answer')
  assert.notEqual(limit('2001:db8::ffff', 1000), 'answer')
  assert.equal(limit('2001:db8:0:1::1', 1000), 'answer')
  for (let i = 0; i < 100; i++) assert.equal(limit('127.0.0.1', 1000), 'answer')
  limit('192.0.2.1', 10_000)
  limit('192.0.2.1', 1000)
  assert.equal(limit('192.0.2.1', 2000), 'answer')
})
