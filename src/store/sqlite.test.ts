import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { testStore } from '../../test/contracts/store.ts'
import { commitOf, eventOf } from '../../test/contracts/store-values.ts'
import type { Failure } from '../core/failure.ts'
import { openStore } from './open.ts'

const home = mkdtempSync(join(tmpdir(), 'riposte-sqlite-'))
let files = 0
const freshPath = (): string => join(home, `${++files}.db`)
after(() => rmSync(home, { recursive: true, force: true }))

const tamper = (path: string, sql: string): void => {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

testStore('sqlite', {
  fresh: async () => `sqlite:${freshPath()}`,
  async schema1() {
    const path = freshPath()
    tamper(path, readFileSync(new URL('./fixtures/schema-1.sqlite.sql', import.meta.url), 'utf8'))
    return `sqlite:${path}`
  },
  tamper: async (url, sql) => tamper(url.slice('sqlite:'.length), sql),
})

const failure =
  (code: string, ...words: readonly string[]) =>
  (error: Failure) => {
    assert.equal(error.code, code)
    for (const word of words)
      assert.ok(`${error.message} ${error.remedy}`.includes(word), `${error.message} lacks ${word}`)
    return true
  }

/** Bytes of a file as a whole, to see that nothing touched it. */
const digest = (path: string): string => readFileSync(path).toString('base64')

describe('sqlite: files that are not as they should be', () => {
  it('refuses a file that is no database, a damaged one and another program’s, and leaves them as they are', async () => {
    const text = freshPath()
    writeFileSync(text, 'this is a text file, and long enough to be one\n'.repeat(200))
    const damaged = freshPath()
    const store = await openStore(damaged)
    await store.commit(commitOf({ events: Array.from({ length: 2000 }, (_, n) => eventOf(n)) }))
    await store.close()
    const bytes = readFileSync(damaged)
    bytes.fill(0x5a, 4096 * 3, 4096 * 20)
    writeFileSync(damaged, bytes)
    const short = freshPath()
    writeFileSync(short, bytes)
    truncateSync(short, 4096 * 5)
    const foreign = freshPath()
    tamper(foreign, 'CREATE TABLE theirs (x)')
    for (const [path, code] of [
      [text, 'STORE_CORRUPT'],
      [damaged, 'STORE_CORRUPT'],
      [short, 'STORE_CORRUPT'],
      [foreign, 'STORE_FOREIGN'],
    ] as const) {
      const before = digest(path)
      await assert.rejects(openStore(path), failure(code, path))
      assert.equal(digest(path), before)
    }
  })

  it('names a folder that cannot be written and a URL that is none', async () => {
    const file = join(home, 'plain')
    writeFileSync(file, '')
    await assert.rejects(openStore(join(file, 'below', 'x.db')), failure('STORE_PATH', 'folder'))
    await assert.rejects(openStore('mysql://h/db'), failure('STORE_URL', 'sqlite:'))
    await assert.rejects(openStore(''), failure('STORE_URL'))
  })

  it('keeps the file to its owner', async () => {
    const path = freshPath()
    await (await openStore(path)).close()
    assert.equal(statSync(path).mode & 0o077, 0)
  })

  it('works in memory', async () => {
    const store = await openStore('sqlite::memory:')
    assert.equal(await store.claim(), true)
    await store.commit(commitOf({ events: [eventOf(1)] }))
    assert.deepEqual(await store.events({ limit: 9 }), [eventOf(1)])
    await store.trim({ maxAge: 1, maxBytes: 1, now: Date.now() * 2 })
    await store.close()
    await assert.rejects(store.status(), failure('STORE_CLOSED'))
  })
})

describe('sqlite: a full disk', () => {
  const mount = mkdtempSync(join(tmpdir(), 'riposte-full-'))
  const mounted =
    process.getuid?.() === 0 &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mount], { stdio: 'ignore' }).status === 0
  after(() => {
    if (mounted) spawnSync('umount', [mount])
    rmSync(mount, { recursive: true, force: true })
  })

  it('fails with backoff, keeps whole commits only, and goes on when there is room', {
    skip: mounted ? false : 'needs root and the right to mount a tmpfs of 2 MB',
  }, async () => {
    const store = await openStore(join(mount, 'riposte.db'))
    const noise = (n: number) => {
      const base = eventOf(n)
      // Random text, so that compression does not make room.
      const query = Array.from({ length: 60 }, () => Math.random().toString(36).slice(2)).join('')
      return { ...base, request: { ...base.request, query } }
    }
    let commits = 0
    let refused: Failure | undefined
    const batch = (n: number) =>
      commitOf({
        events: Array.from({ length: 50 }, (_, i) => noise(n * 50 + i)),
        cursors: [{ source: 'f', stream: 's', offset: n, facts: {} }],
      })
    while (!refused && commits < 1000)
      await store.commit(batch(commits)).then(
        () => commits++,
        (error: Failure) => {
          refused = error
        },
      )
    assert.ok(refused && failure('STORE_FULL', 'riposte.db')(refused))
    assert.equal(refused.retry, 'backoff')
    assert.ok(commits > 2)
    const whole = async () => {
      assert.equal((await store.status()).rows.events, commits * 50)
      assert.equal((await store.events({ limit: 100_000 })).length, commits * 50)
      assert.equal((await store.cursors())[0]?.offset, commits - 1)
    }
    await whole()
    assert.equal(spawnSync('mount', ['-o', 'remount,size=16m', mount]).status, 0)
    await store.commit(batch(commits++))
    await whole()
    await store.close()
  })
})
