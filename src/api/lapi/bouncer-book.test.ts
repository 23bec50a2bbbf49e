import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bouncer } from '../../kit/store.ts'
import { createBouncerBook, keyHash } from './bouncer-book.ts'

test('a bouncer added in the same millisecond as the last reading is known at its first request', async (t) => {
  const rows: Bouncer[] = []
  const store = { bouncers: async () => [...rows], updateBouncers: async () => {} }
  const silent = () => {}
  const log = { debug: silent, info: silent, warn: silent, error: silent }
  const book = createBouncerBook(store, () => 1000, log)
  assert.equal(await book.known('key'), undefined)
  rows.push({ name: 'new', keyHash: keyHash('key'), addedAt: 1000 })
  // The next reading, a second later, is on a timer that keeps nothing alive by itself.
  const alive = setInterval(silent, 1000)
  t.after(() => clearInterval(alive))
  assert.equal((await book.known('key'))?.bouncer.name, 'new')
})
