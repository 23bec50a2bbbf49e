import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { derivedId, eventId } from './id.ts'

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
