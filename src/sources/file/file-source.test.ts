import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { Failure } from '../../core/failure.ts'
import type { Cursor, SourceItem } from '../../kit/source.ts'
import { findWriters } from './holders.ts'
import { createFileSource, type FileSourceOptions } from './index.ts'
import { isRotationOf } from './listing.ts'

const folder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-file-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => from + i)
    .map((n) => `{"n":${n},"pad":"${'x'.repeat((n * 7) % 90)}"}\n`)
    .join('')

const never = new AbortController().signal

const readAll = async (options: FileSourceOptions, cursors: readonly Cursor[] = []): Promise<SourceItem[]> => {
  const items: SourceItem[] = []
  for await (const item of createFileSource(options).read(cursors, never)) items.push(item)
  return items
}

const textOf = (items: readonly SourceItem[]): string =>
  items.map((item) => (item.kind === 'bytes' ? Buffer.from(item.bytes).toString('latin1') : '')).join('')

test('replay reads each file to its end, in chunks of bounded size, then ends its stream', async (t) => {
  const dir = folder(t)
  const big = lines(0, 20_000)
  writeFileSync(join(dir, 'a.log'), big)
  writeFileSync(join(dir, 'b.log'), 'no newline at the end')
  const items = await readAll({ paths: [join(dir, 'a.log'), join(dir, 'b.log')], follow: false })
  assert.equal(textOf(items), `${big}no newline at the end`)
  assert.ok(items.every((item) => item.kind !== 'bytes' || item.bytes.length <= 256 * 1024))
  assert.deepEqual(
    items.filter((item) => item.kind === 'end').map((item) => [item.path, item.cursor.offset, item.cursor.done]),
    [
      [join(dir, 'a.log'), big.length, true],
      [join(dir, 'b.log'), 21, true],
    ],
  )
})

test('replay reads the same file given twice twice: nothing is guessed to be a copy', async (t) => {
  const dir = folder(t)
  writeFileSync(join(dir, 'a.log'), lines(0, 9))
  copyFileSync(join(dir, 'a.log'), join(dir, 'b.log'))
  const items = await readAll({ paths: [join(dir, '*.log')], follow: false })
  assert.equal(textOf(items), lines(0, 9).repeat(2))
  assert.equal(new Set(items.flatMap((i) => (i.kind === 'end' ? [i.cursor.stream] : []))).size, 2)
})

test('replay goes on behind a cursor, and refuses what it cannot read before the first byte', async (t) => {
  const dir = folder(t)
  const log = join(dir, 'a.log')
  writeFileSync(log, lines(0, 50))
  const [first] = await readAll({ paths: [log], follow: false, chunk: 100 })
  assert.ok(first?.kind === 'bytes')
  const at = { ...first.cursor, offset: 60 }
  assert.equal(textOf(await readAll({ paths: [log], follow: false }, [at])), lines(0, 50).slice(60))
  for (const paths of [[log, join(dir, 'absent.log')], [dir], [join(dir, '*.none')]])
    await assert.rejects(readAll({ paths, follow: false }), (error: unknown) => {
      assert.ok(error instanceof Failure && error.code === 'SOURCE_UNREADABLE' && error.remedy)
      return true
    })
})

test('archives are recognised by content; several members are one log', async (t) => {
  const dir = folder(t)
  writeFileSync(join(dir, 'plain-name'), Buffer.concat([gzipSync(lines(0, 5000)), gzipSync(lines(5000, 9000))]))
  const items = await readAll({ paths: [join(dir, 'plain-name')], follow: false })
  assert.equal(textOf(items), lines(0, 9000))
  assert.equal(items.at(-2)?.kind, 'end')
})

test('a truncated archive yields what it has and a finding; so does a corrupt one', async (t) => {
  const dir = folder(t)
  const whole = gzipSync(lines(0, 30_000))
  writeFileSync(join(dir, 'short.gz'), whole.subarray(0, whole.length >> 1))
  const corrupt = Buffer.from(whole)
  corrupt.fill(0xff, corrupt.length >> 1, (corrupt.length >> 1) + 64)
  writeFileSync(join(dir, 'bad.gz'), corrupt)
  for (const name of ['short.gz', 'bad.gz']) {
    const items = await readAll({ paths: [join(dir, name)], follow: false })
    const text = textOf(items)
    assert.ok(text.length > 100_000, `${name}: ${text.length} bytes`)
    assert.ok(lines(0, 30_000).startsWith(text.slice(0, 100_000)))
    assert.ok(items.some((item) => item.kind === 'finding' && item.finding.code === 'source.archive_broken'))
    assert.equal(items.at(-2)?.kind, 'end')
  }
})

/** Reads until nothing has come for a while; keeps the cursors as a pipeline without framing would. */
const follow = async (
  options: Omit<FileSourceOptions, 'follow'>,
  cursors: readonly Cursor[],
  stopAfter: number,
): Promise<{ items: SourceItem[]; cursors: Cursor[]; idle: boolean }> => {
  const items: SourceItem[] = []
  const latest = new Map(cursors.map((cursor) => [cursor.stream, cursor]))
  const timing = { poll: 5, rescan: 50, settle: 100, idle: 60_000 }
  const source = createFileSource({ timing, ...options, follow: true })
  const abort = new AbortController()
  for await (const item of source.read(cursors, abort.signal)) {
    if (item.kind === 'idle') return { items, cursors: [...latest.values()], idle: true }
    items.push(item)
    if (item.kind === 'bytes')
      latest.set(item.cursor.stream, { ...item.cursor, offset: item.cursor.offset + item.bytes.length })
    if (item.kind === 'end') latest.set(item.cursor.stream, item.cursor)
    if (items.length === stopAfter) break
  }
  return { items, cursors: [...latest.values()], idle: false }
}

test('killed after any item, a restart reads exactly the rest: renamed, copied, compressed and current files', async (t) => {
  const make = (): string => {
    const dir = folder(t)
    const log = join(dir, 'audit.log')
    return log
  }
  const rotate = (log: string): void => {
    appendFileSync(log, lines(40, 80))
    renameSync(log, `${log}.2`)
    writeFileSync(log, lines(80, 120))
    copyFileSync(log, `${log}.1`)
    truncateSync(log, 0)
    appendFileSync(log, lines(120, 160))
    const older = readFileSync(`${log}.2`)
    rmSync(`${log}.2`)
    writeFileSync(`${log}.2.gz`, gzipSync(older))
  }
  let cuts = 0
  for (let cut = 1; ; cut++) {
    const log = make()
    writeFileSync(log, lines(0, 40))
    const before = await follow({ paths: [log], chunk: 190 }, [], Number.POSITIVE_INFINITY)
    rotate(log)
    const killed = await follow({ paths: [log], chunk: 190 }, before.cursors, cut)
    const rest = await follow({ paths: [log], chunk: 190 }, killed.cursors, Number.POSITIVE_INFINITY)
    // The renamed file is settled only when the reader has seen that nobody writes to it: all its bytes are here by then.
    const text = textOf([...before.items, ...killed.items, ...rest.items])
    assert.equal(text, lines(0, 160), `killed after item ${cut}`)
    if (killed.idle) break
    cuts++
  }
  assert.ok(cuts > 20, `${cuts} places to die`)
})

test('what was destroyed before it could be read is counted', async (t) => {
  const dir = folder(t)
  const log = join(dir, 'audit.log')
  writeFileSync(log, lines(0, 100))
  const before = await follow({ paths: [log], chunk: 500 }, [], 2)
  const read = textOf(before.items).length
  rmSync(log)
  const after = await follow({ paths: [log], timing: { poll: 5, rescan: 20, settle: 0 } }, before.cursors, 2)
  const end = after.items.find((item) => item.kind === 'end')
  assert.ok(end?.kind === 'end')
  assert.equal(end.lost, lines(0, 100).length - read)
  assert.equal(end.cursor.done, true)
})

test('a line is handed on within a few tens of milliseconds of being written', async (t) => {
  const dir = folder(t)
  const log = join(dir, 'audit.log')
  writeFileSync(log, lines(0, 1))
  const abort = new AbortController()
  const waits: number[] = []
  let wrote = 0
  const reading = (async () => {
    for await (const item of createFileSource({ paths: [log], follow: true }).read([], abort.signal))
      if (item.kind === 'bytes' && wrote > 0) waits.push(performance.now() - wrote)
  })()
  await sleep(300)
  for (let i = 1; i <= 20; i++) {
    wrote = performance.now()
    appendFileSync(log, lines(i, i + 1))
    await sleep(60)
  }
  abort.abort()
  await reading
  waits.sort((a, b) => a - b)
  t.diagnostic(`median ${waits[10]?.toFixed(1)} ms, worst ${waits.at(-1)?.toFixed(1)} ms`)
  assert.ok(waits.length >= 18, `${waits.length} arrived one by one`)
  assert.ok(waits[10]! < 50)
})

test('permission lost and regained: a finding, nothing lost, the finding cleared', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can start a reader that is not root')
  const dir = folder(t)
  const logs = join(dir, 'logs')
  mkdirSync(logs)
  chmodSync(dir, 0o755)
  const log = join(logs, 'audit.log')
  writeFileSync(log, lines(0, 3))
  const code = `
    import { createFileSource } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
    const timing = { poll: 10, rescan: 100, settle: 200 }
    const source = createFileSource({ paths: [${JSON.stringify(log)}], follow: true, timing })
    const cursors = JSON.parse(process.argv[1])
    for await (const item of source.read(cursors, new AbortController().signal))
      if (item.kind !== 'idle') console.log(JSON.stringify({ ...item, text: item.bytes && Buffer.from(item.bytes).toString() }))
  `
  const startReader = (cursors: readonly Cursor[]) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', code, JSON.stringify(cursors)], {
      uid: 65534,
      gid: 65534,
      cwd: dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    const items = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return { child, next: async () => JSON.parse(String((await items.next()).value)) }
  }
  const first = startReader([])
  const item = await first.next()
  assert.equal(item.text, lines(0, 3))
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  appendFileSync(log, lines(3, 6))
  chmodSync(log, 0)
  const second = startReader([{ ...item.cursor, offset: item.text.length }])
  const finding = await second.next()
  assert.deepEqual([finding.kind, finding.finding.code], ['finding', 'source.unreadable'])
  // Longer than it takes to declare a missing file lost.
  await sleep(500)
  chmodSync(log, 0o644)
  const after = [await second.next(), await second.next()]
  assert.ok(after.some((i) => i.text === lines(3, 6)))
  assert.ok(after.some((i) => i.finding?.code === 'source.unreadable' && i.finding.cleared))
})

test('a missing log is told and, when it comes, cleared', async (t) => {
  const dir = folder(t)
  const log = join(dir, 'audit.log')
  const timing = { poll: 5, rescan: 50, settle: 50 }
  const seen: string[] = []
  const abort = new AbortController()
  for await (const item of createFileSource({ paths: [log], follow: true, timing }).read([], abort.signal)) {
    if (item.kind === 'finding') {
      seen.push(`${item.finding.code} ${item.finding.cleared ?? false}`)
      if (!item.finding.cleared) writeFileSync(log, lines(0, 1))
    }
    if (item.kind === 'bytes' && item.bytes.length > 0) abort.abort()
  }
  assert.deepEqual(seen, ['source.missing false', 'source.missing true'])
})

test('only writers hold a file', async (t) => {
  const dir = folder(t)
  const log = join(dir, 'audit.log')
  writeFileSync(log, '')
  const { dev, ino } = statSync(log, { bigint: true })
  const hold = async (mode: string) => {
    const child = spawn('sh', ['-c', `exec 9${mode}${log}; echo ready; exec sleep 30`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    return child
  }
  const key = `${dev}:${ino}`
  openSync(log, 'a')
  assert.equal((await findWriters(new Set([key]))).size, 0, 'ourselves')
  await hold('<')
  assert.equal((await findWriters(new Set([key]))).size, 0, 'a reader')
  const writer = await hold('>>')
  assert.match((await findWriters(new Set([key]))).get(key) ?? '', new RegExp(`^/proc/${writer.pid}/fd/9$`))
})

test('names that rotation makes', () => {
  for (const name of [
    'a.log.1',
    'a.log.12.gz',
    'a.log-20261122',
    'a.log-20261122.gz',
    'a-20261122.log',
    'a.log.old',
    'a.1.log.gz',
  ])
    assert.ok(isRotationOf(name, 'a.log'), name)
  for (const name of [
    'a.log',
    'a.log.gz.tmp',
    'a.log~',
    'b.log.1',
    'a.log.swp',
    'ab.log',
    'a.logger',
    'a.log.lock',
    'a_error.log',
  ])
    assert.ok(!isRotationOf(name, 'a.log'), name)
})
