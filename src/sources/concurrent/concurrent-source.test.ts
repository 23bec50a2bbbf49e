import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cursor, SourceItem } from '../../kit/source.ts'
import { readIndexLine } from '../../parse/modsec-index.ts'
import { type ConcurrentSourceOptions, createConcurrentSource, type IndexMeaning } from './index.ts'

interface Place {
  readonly dir: string
  readonly index: string
  readonly storageDir: string
}

const place = (t: TestContext): Place => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-concurrent-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  mkdirSync(join(dir, 'audit'))
  return { dir, index: join(dir, 'index.log'), storageDir: join(dir, 'audit') }
}

const PATH_OF = (n: number): string =>
  `20261122/20261122-04${String(n % 60).padStart(2, '0')}/20261122-04320${n}-1795321961${n}.5`

const entry = (n: number): string => `{"transaction":{"unique_id":"1795321961${n}.5","n":${n}}}\n`

const put = (storage: string, n: number): void => {
  const path = join(storage, PATH_OF(n))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, entry(n))
}

const line = (n: number, path: string): string =>
  `www.example.net 198.51.100.7 - [22/Nov/2026:04:32:41 +0000] "GET /x?n=${n} HTTP/1.1" 200 0 - "agent/${n}" 1795321961${n}.5 - ${path} 0 1046.000000 md5:cd89165191f4e7c0fa21f8cb35ee6d1d\n`

const meaning = (bytes: Uint8Array): IndexMeaning => {
  const read = readIndexLine(Buffer.from(bytes).toString('latin1'))
  return 'entry' in read ? { path: read.entry.path } : read
}

const read = async (
  options: Pick<ConcurrentSourceOptions, 'storageDir'> & Partial<ConcurrentSourceOptions>,
  cursors: readonly Cursor[] = [],
  until: (items: readonly SourceItem[]) => boolean = () => false,
): Promise<SourceItem[]> => {
  const items: SourceItem[] = []
  const source = createConcurrentSource({ readIndexLine: meaning, follow: false, patience: 60, ...options })
  for await (const item of source.read(cursors, new AbortController().signal)) {
    items.push(item)
    if (until(items)) break
  }
  return items
}

const told = (items: readonly SourceItem[]): (number | string)[] =>
  items.flatMap((item): (number | string)[] =>
    item.kind === 'record'
      ? [JSON.parse(Buffer.from(item.bytes).toString()).transaction.n as number]
      : item.kind === 'unread'
        ? [item.code]
        : [],
  )

test('each index line becomes its entry, however the path is written', async (t) => {
  const { index, storageDir } = place(t)
  for (let n = 0; n < 5; n++) put(storageDir, n)
  const ways = [
    join(storageDir, PATH_OF(0)),
    PATH_OF(1),
    `/${PATH_OF(2)}`,
    `audit/${PATH_OF(3)}`,
    `/mnt/elsewhere/${PATH_OF(4)}`,
  ]
  writeFileSync(index, ways.map((way, n) => line(n, way)).join(''))
  assert.deepEqual(told(await read({ index, storageDir })), [0, 1, 2, 3, 4])
})

test('a restart from any cursor reads exactly the rest', async (t) => {
  const { index, storageDir } = place(t)
  for (let n = 0; n < 8; n++) put(storageDir, n)
  writeFileSync(index, Array.from({ length: 8 }, (_, n) => line(n, PATH_OF(n))).join(''))
  for (let stop = 1; stop < 8; stop++) {
    const first = await read({ index, storageDir }, [], (items) => told(items).length === stop)
    const last = first.at(-1)
    assert.ok(last?.kind === 'record')
    const rest = await read({ index, storageDir }, [last.cursor])
    assert.deepEqual([...told(first), ...told(rest)], [0, 1, 2, 3, 4, 5, 6, 7])
  }
})

test('an entry that comes late or in two pieces is awaited; one that never comes is counted', async (t) => {
  const { index, storageDir } = place(t)
  put(storageDir, 2)
  const path = join(storageDir, PATH_OF(0))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, entry(0).slice(0, 20))
  writeFileSync(index, line(0, PATH_OF(0)) + line(1, PATH_OF(1)) + line(2, PATH_OF(2)) + line(3, PATH_OF(3)))
  const reading = read({ index, storageDir, patience: 600 })
  await sleep(80)
  appendFileSync(path, entry(0).slice(20))
  await sleep(80)
  put(storageDir, 1)
  const items = await reading
  assert.deepEqual(told(items), [0, 1, 2, 'CONCURRENT_MISSING'])
  const missing = items.find((item) => item.kind === 'unread')
  assert.equal(missing?.length, line(3, PATH_OF(3)).length)
})

test('nothing outside the storage folder is read, whatever the index says', async (t) => {
  const { dir, index, storageDir } = place(t)
  const secret = join(dir, 'secret')
  writeFileSync(secret, '{"transaction":{"n":666}}\n')
  mkdirSync(join(storageDir, '20261122/20261122-0401'), { recursive: true })
  mkdirSync(join(dir, 'outside/20261122-0402'), { recursive: true })
  writeFileSync(join(dir, 'outside/20261122-0402/20261122-043202-x'), '{"transaction":{"n":667}}\n')
  // The file itself a link, a folder on the way a link, and the way up.
  symlinkSync(secret, join(storageDir, '20261122/20261122-0401/20261122-043201-x'))
  symlinkSync(join(dir, 'outside'), join(storageDir, '20261123'))
  const wishes = [
    secret,
    '../secret',
    '20261122/20261122-0401/20261122-043201-x',
    '20261123/20261122-0402/20261122-043202-x',
    '20261122/../../secret',
    '/dev/zero',
    storageDir,
  ]
  writeFileSync(index, wishes.map((wish) => `${wish}\n`).join(''))
  // Whatever the parser would refuse: here every line is a path.
  const readIndexLine = (bytes: Uint8Array) => ({ path: Buffer.from(bytes).toString() })
  const items = await read({ index, storageDir, readIndexLine })
  assert.deepEqual(
    told(items),
    wishes.map(() => 'CONCURRENT_MISSING'),
  )
})

test('lines that are no index lines, and one that is too long, are counted; the rest is read', async (t) => {
  const { index, storageDir } = place(t)
  put(storageDir, 0)
  put(storageDir, 1)
  const noise = `garbage\n${'x'.repeat(200_000)}\n`
  writeFileSync(index, `${line(0, PATH_OF(0))}${noise}${line(1, PATH_OF(1))}torn without end`)
  const items = await read({ index, storageDir })
  assert.deepEqual(told(items), [0, 'INDEX_SHAPE', 'INDEX_SHAPE', 1, 'INDEX_SHAPE'])
  const lengths = items.flatMap((item) => (item.kind === 'unread' ? [item.length] : []))
  assert.deepEqual(lengths, [8, 200_001, 16])
})

test('an entry larger than the limit is cut, a FIFO is not waited for', { timeout: 10_000 }, async (t) => {
  const { index, storageDir } = place(t)
  const path = join(storageDir, PATH_OF(0))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, entry(0).padEnd(5000))
  const { execFileSync } = await import('node:child_process')
  mkdirSync(dirname(join(storageDir, PATH_OF(1))), { recursive: true })
  execFileSync('mkfifo', [join(storageDir, PATH_OF(1))])
  writeFileSync(index, line(0, PATH_OF(0)) + line(1, PATH_OF(1)))
  const items = await read({ index, storageDir, limit: 1000 })
  const [first, second] = items.filter((item) => item.kind === 'record' || item.kind === 'unread')
  assert.ok(first?.kind === 'record' && first.bytes.length === 1000)
  assert.ok(second?.kind === 'unread' && second.code === 'CONCURRENT_MISSING')
})

test('the index is followed through its rotation', { timeout: 10_000 }, async (t) => {
  const { index, storageDir } = place(t)
  put(storageDir, 0)
  writeFileSync(index, line(0, PATH_OF(0)))
  const timing = { poll: 10, rescan: 100 }
  const items = await read({ index, storageDir, follow: true, timing }, [], (so) => {
    const { length } = told(so)
    if (length === 1 && !existsSync(`${index}.1`)) {
      put(storageDir, 1)
      put(storageDir, 2)
      appendFileSync(index, line(1, PATH_OF(1)))
      renameSync(index, `${index}.1`)
      writeFileSync(index, line(2, PATH_OF(2)))
    }
    return length === 3
  })
  assert.deepEqual(told(items), [0, 1, 2])
})

test('without an index the storage folder is walked, in the order of writing, from the cursor on', async (t) => {
  const { storageDir } = place(t)
  for (const n of [7, 3, 5]) {
    put(storageDir, n)
    await sleep(15)
  }
  const items = await read({ storageDir })
  assert.deepEqual(told(items), [7, 3, 5])
  const first = items.find((item) => item.kind === 'record')
  assert.deepEqual(told(await read({ storageDir }, [first!.cursor])), [3, 5])
  const last = items.filter((item) => item.kind === 'record').at(-1)!
  // A slow request: it comes last, under the name of its start.
  put(storageDir, 1)
  assert.deepEqual(told(await read({ storageDir }, [last.cursor])), [1])
  symlinkSync('/etc', join(storageDir, '20261124'))
  assert.deepEqual(told(await read({ storageDir })), [7, 3, 5, 1])
})
