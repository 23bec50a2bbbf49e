import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openSpool } from './spool.ts'

const folder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-spool-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

test('a line that a crash cut short does not spoil the next one', async (t) => {
  const file = join(folder(t), 'spool.jsonl')
  writeFileSync(file, '{"a":1}\n{"b":')
  const spool = openSpool(file)
  await spool.append('{"c":3}')
  await spool.close()
  assert.deepEqual(readFileSync(file, 'utf8').split('\n'), ['{"a":1}', '{"b":', '{"c":3}', ''])
})

test('lines may follow one another at once', async (t) => {
  const file = join(folder(t), 'spool.jsonl')
  const spool = openSpool(file)
  for (let n = 0; n < 5; n++) await spool.append(`${n}`)
  await spool.close()
  assert.equal(readFileSync(file, 'utf8'), '0\n1\n2\n3\n4\n')
})

test('a file that ends well is gone on with; a new one is nobody else’s to read', async (t) => {
  const file = join(folder(t), 'spool.jsonl')
  for (const line of ['one', 'two']) {
    const spool = openSpool(file)
    await spool.append(line)
    await spool.close()
  }
  assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n')
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('a file that has grown is renamed, and five are the most there are', async (t) => {
  const file = join(folder(t), 'spool.jsonl')
  for (let n = 0; n < 7; n++) {
    const spool = openSpool(file)
    await spool.append(`first of ${n}`)
    await spool.close()
    // Without the bytes: only how long it is matters.
    truncateSync(file, 64 * 1024 * 1024)
    const next = openSpool(file)
    await next.append('end')
    await next.append(`first after ${n}`)
    await next.close()
  }
  assert.match(readFileSync(file, 'utf8'), /^first after 6\n/)
  assert.match(readFileSync(`${file}.1`).toString('utf8', 0, 100), /^first after 5\nfirst of 6\n/)
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((n) => existsSync(`${file}.${n}`)),
    [true, true, true, true, false],
  )
})

test('on a full disk nobody is told that a line is kept, none is cut short, and with room it goes on', async (t) => {
  const dir = folder(t)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]).status !== 0) {
    t.skip('needs the right to mount a small tmpfs')
    return
  }
  const file = join(dir, 'spool.jsonl')
  const spool = openSpool(file)
  try {
    const ballast = join(dir, 'ballast')
    writeFileSync(ballast, Buffer.alloc(48 * 1024))
    const long = (n: number): string => `${n}${'x'.repeat(3000)}`
    const told: number[] = []
    let refused = 0
    for (let n = 0; n < 20; n++)
      await spool.append(long(n)).then(
        () => told.push(n),
        () => void refused++,
      )
    assert.ok(refused > 0 && told.length > 0)
    rmSync(ballast)
    await spool.append(long(20))
    const kept = [...told, 20].map(long)
    assert.deepEqual(readFileSync(file, 'utf8').split('\n'), [...kept, ''])
  } finally {
    await spool.close()
    spawnSync('umount', [dir])
  }
})
