import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR } from '../core/time.ts'
import { createAnswerCache } from './answer-cache.ts'

test('an answer is kept for its time, and two who ask at once ask once', async () => {
  let now = 0
  let asked = 0
  const cache = createAnswerCache<number>({ name: 'x', keep: HOUR, perDay: 10, clock: () => now })
  const ask = async () => ++asked
  assert.deepEqual(await Promise.all([cache.get('a', ask), cache.get('a', ask), cache.get('b', ask)]), [1, 1, 2])
  now = HOUR - 1
  assert.equal(await cache.get('a', ask), 1)
  now = HOUR
  assert.equal(await cache.get('a', ask), 3)
})

test('the quota is kept, what is known is answered beyond it, and a day later it is there again', async () => {
  let now = 0
  const cache = createAnswerCache<string>({ name: 'x', keep: 2 * DAY, perDay: 2, clock: () => now })
  await cache.get('a', async () => 'A')
  await assert.rejects(
    cache.get('b', () => Promise.reject(new Error('down'))),
    /down/,
  )
  await assert.rejects(
    cache.get('c', async () => 'C'),
    { code: 'QUOTA_USED_UP', retry: 'never' },
  )
  assert.equal(await cache.get('a', async () => 'other'), 'A')
  now = DAY + 1
  assert.equal(cache.left, 2)
  assert.equal(await cache.get('b', async () => 'B'), 'B')
})
