import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultConfig } from '../app/config/load.ts'
import { buildHouse } from '../app/house.ts'
import { replaySensor } from '../app/replay.ts'
import { Failure } from '../core/failure.ts'
import type { Source } from '../kit/source.ts'
import type { Commit } from '../kit/store.ts'
import { Loop } from './loop.ts'

/** One line, then silence until it is told to go: a quiet site. */
const quietSource: Source = {
  id: 'quiet',
  async *read(_cursors, signal) {
    yield {
      kind: 'bytes',
      path: 'log',
      bytes: Buffer.from('no record\n'),
      cursor: { source: 'quiet', stream: 's', offset: 0, facts: {} },
    }
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  },
}

const loopOver = (commit: (c: Commit) => Promise<void>) => {
  const config = defaultConfig()
  const sensor = replaySensor(config, [])
  const house = buildHouse(config, { sensors: [sensor], sessionKey: 'test' })
  const loop = new Loop({ rooms: house.rooms, ledger: { commit }, clock: Date.now, batchRecords: 1000, batchMillis: 5 })
  return { loop, feeds: [{ source: quietSource, lane: house.lane(sensor, 'quiet', 'auto') }] }
}

test('a store that is gone for good ends the loop, however quiet the sources are', { timeout: 10_000 }, async () => {
  const { loop, feeds } = loopOver(async () => {
    throw new Failure('STORE_CORRUPT', 'gone')
  })
  await assert.rejects(loop.run(feeds, [], new AbortController().signal), /gone/)
})

test('a commit that fails for now is tried again, whole, and counted once', { timeout: 10_000 }, async () => {
  const tried: Commit[] = []
  const stop = new AbortController()
  const { loop, feeds } = loopOver(async (commit) => {
    tried.push(commit)
    if (tried.length < 3) throw new Failure('STORE_BUSY', 'not now', { retry: { after: 1 } })
    stop.abort()
  })
  await loop.run(feeds, [], stop.signal)
  assert.equal(tried.length, 3)
  assert.equal(tried[0], tried[2], 'the very same commit: the store knows it by its token')
  assert.equal(tried[2]!.tallies[0]!.records, 1)
})
