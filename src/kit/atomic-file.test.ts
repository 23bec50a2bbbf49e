import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Failure } from '../core/failure.ts'
import { replaceFile } from './atomic-file.ts'

const folder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-file-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

test('a file is replaced, keeps its mode, and nothing is left beside it', async (t) => {
  const dir = folder(t)
  const path = join(dir, 'list')
  await replaceFile(path, ['a', 'b'])
  assert.equal(readFileSync(path, 'utf8'), 'a\nb\n')
  assert.equal(statSync(path).mode & 0o777, 0o644)
  chmodSync(path, 0o640)
  const many = Array.from({ length: 50_000 }, (_, i) => `line ${i}`)
  await replaceFile(path, many, { modifiedAt: 1_700_000_000_000 })
  assert.equal(readFileSync(path, 'utf8'), `${many.join('\n')}\n`)
  assert.equal(statSync(path).mode & 0o777, 0o640)
  assert.equal(statSync(path).mtimeMs, 1_700_000_000_000)
  assert.deepEqual(readdirSync(dir), ['list'])
})

test('a link stays a link', async (t) => {
  const dir = folder(t)
  mkdirSync(join(dir, 'real'))
  writeFileSync(join(dir, 'real', 'list'), 'old')
  symlinkSync(join(dir, 'real', 'list'), join(dir, 'list'))
  await replaceFile(join(dir, 'list'), ['new'])
  assert.equal(readFileSync(join(dir, 'real', 'list'), 'utf8'), 'new\n')
  assert.deepEqual(readdirSync(join(dir, 'real')), ['list'])
})

test('a writer that fails half way leaves the old file, and says what to do', async (t) => {
  const dir = folder(t)
  const path = join(dir, 'list')
  await replaceFile(path, ['old'])
  const lines = function* () {
    yield 'x'.repeat(200_000)
    throw Object.assign(new Error('full'), { code: 'ENOSPC' })
  }
  await assert.rejects(replaceFile(path, lines()), { code: 'FILE_NOT_WRITTEN', remedy: 'Make room on the disk.' })
  assert.equal(readFileSync(path, 'utf8'), 'old\n')
  assert.deepEqual(readdirSync(dir), ['list'])
  await assert.rejects(replaceFile(join(dir, 'none', 'list'), ['x']), (error: Failure) => {
    assert.match(error.message, /none\/list \(ENOENT\)/)
    assert.match(error.remedy!, /Create its folder/)
    return true
  })
  await assert.rejects(replaceFile(join(path, 'list'), ['x']), { code: 'FILE_NOT_WRITTEN' })
  await assert.rejects(replaceFile(dir, ['x']), { code: 'FILE_NOT_WRITTEN' })
})
