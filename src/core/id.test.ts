import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { derivedId, derivedIds, eventId } from './id.ts'

test('the same bytes of the same sensor have one id, whatever was hashed before', () => {
  const bytes = Buffer.from('{"transaction":{}}')
  const expected = `e-${hash('sha256', Buffer.concat([Buffer.from('wäf\0'), bytes]), 'hex').slice(0, 24)}`
  assert.equal(eventId('wäf\0', bytes), expected)
  eventId('other\0', Buffer.alloc(100_000, 65))
  assert.equal(eventId('wäf\0', bytes), expected)
  assert.notEqual(eventId('waf\0', bytes), expected)
})

test('parts of a derived id cannot be shifted into each other', () => {
  assert.notEqual(derivedId('a', 'ab', 'c'), derivedId('a', 'a', 'bc'))
})

test('a series of ids are ids as all others, in order, and told apart by what a reference code shows', () => {
  const one = derivedIds('d', 'import', 'drop', 1, 1)
  const two = derivedIds('d', 'import', 'drop', 1, 2)
  const ids = Array.from({ length: 8192 }, (_, i) => one(i))
  for (const id of ids) assert.match(id, /^d-[0-9a-f]{24}$/)
  assert.deepEqual(ids.toSorted(), ids)
  const seen = new Set([...ids, ...Array.from({ length: 8192 }, (_, i) => two(i))].map((id) => id.slice(0, 14)))
  assert.equal(seen.size, 2 * 8192)
})
