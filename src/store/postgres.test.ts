import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { testStore } from '../../test/contracts/store.ts'
import { commitOf, eventOf, tallyOf } from '../../test/contracts/store-values.ts'
import { startPostgres } from '../../test/real/postgres.ts'
import type { Failure } from '../core/failure.ts'
import { openStore } from './open.ts'

const server = await startPostgres()
after(() => server?.stop())

const tamper = async (url: string, sql: string): Promise<void> => {
  const db = postgres(url, { max: 1, onnotice: () => {}, connection: { search_path: 'riposte' } })
  await db.unsafe(sql).simple()
  await db.end()
}

if (server) {
  testStore('postgres', {
    fresh: () => server.database(),
    async schema1() {
      const url = await server.database()
      await tamper(url, readFileSync(new URL('./fixtures/schema-1.postgres.sql', import.meta.url), 'utf8'))
      return url
    },
    tamper,
  })

  describe('postgres: a server that comes and goes', () => {
    const failure = (code: string, retry: Failure['retry']) => (error: Failure) => {
      assert.equal(error.code, code)
      assert.equal(error.retry, retry)
      assert.ok(!`${error.message} ${error.remedy}`.includes(new URL(server.url).password))
      return true
    }

    it('says what is wrong with the URL, without the password', async () => {
      const good = new URL(server.url)
      const wrong = new URL(good)
      wrong.password = `${good.password}x`
      await assert.rejects(openStore(wrong.href), failure('STORE_AUTH', 'never'))
      const absent = new URL(good)
      absent.pathname = '/absent'
      await assert.rejects(openStore(absent.href), failure('STORE_UNREACHABLE', 'never'))
      const elsewhere = new URL(good)
      elsewhere.port = '1'
      await assert.rejects(openStore(elsewhere.href), failure('STORE_UNREACHABLE', 'backoff'))
    })

    it('fails with backoff while the server is down, and carries the same commit out when it is back', async () => {
      const store = await openStore(await server.database())
      assert.equal(await store.claim(), true)
      await store.commit(commitOf({ events: [eventOf(1)] }))
      await server.crash()
      const commit = commitOf({ events: [eventOf(2)], tallies: [tallyOf({ bytes: 1 })] })
      await assert.rejects(store.commit(commit), failure('STORE_UNREACHABLE', 'backoff'))
      await assert.rejects(store.status(), failure('STORE_UNREACHABLE', 'backoff'))
      await server.start()
      await store.commit(commit)
      assert.equal((await store.status()).rows.events, 2)
      assert.equal((await store.tallies())[0]?.bytes, 1)
      await store.close()
    })

    it('counts every commit once, whatever the moment of the crash', async () => {
      const store = await openStore(await server.database())
      await store.claim()
      let stop = false
      let done = 0
      let failures = 0
      const committing = (async () => {
        while (!stop) {
          const commit = commitOf({
            events: [eventOf(done)],
            tallies: [tallyOf({ bytes: 1 })],
            acts: [{ at: done, actor: 'engine', verb: 'test', subject: `${done}`, detail: {} }],
          })
          for (let landed = false; !landed; )
            await store.commit(commit).then(
              () => {
                landed = true
              },
              async (error: Failure) => {
                failure('STORE_UNREACHABLE', 'backoff')(error)
                failures++
                await sleep(20)
              },
            )
          done++
        }
      })()
      for (let round = 0; round < 3; round++) {
        await sleep(100 + Math.random() * 200)
        await server.restart()
      }
      stop = true
      await committing
      assert.ok(failures > 0 && done > 0)
      assert.equal((await store.tallies())[0]?.bytes, done)
      assert.equal((await store.status()).rows.events, done)
      assert.deepEqual(await store.verifyActs(), { checked: done })
      await store.close()
    })

    it('refuses the commits of a daemon whose seat another one took while its connection was lost', async () => {
      const url = await server.database()
      const first = await openStore(url)
      const second = await openStore(url)
      assert.equal(await first.claim(), true)
      assert.equal(await second.claim(), false)
      await server.restart()
      let seated = false
      for (let i = 0; i < 100 && !seated; i++) {
        seated = await second.claim().catch(() => false)
        if (!seated) await sleep(20)
      }
      assert.equal(seated, true)
      await assert.rejects(first.commit(commitOf({ events: [eventOf(1)] })), failure('STORE_SEAT_LOST', 'never'))
      await second.commit(commitOf({ events: [eventOf(2)] }))
      await second.close()
      // The lock is free again, but what the first one has in memory is older than what the second one wrote.
      await assert.rejects(first.commit(commitOf({ events: [eventOf(1)] })), failure('STORE_SEAT_LOST', 'never'))
      await first.close()
    })
  })
} else it('store contract: postgres', { skip: 'PostgreSQL is not installed and cannot be installed here' })
