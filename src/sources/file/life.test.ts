import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { digest } from './fingerprint.ts'
import type { Known } from './known.ts'
import { Life } from './life.ts'

const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => `{"n":${from + i},"text":"${'x'.repeat(20)}"}\n`).join('')

/** A file whose content changes after so many reads of it. */
const cutAfter = (handle: FileHandle, reads: number, cut: () => void): FileHandle => {
  let left = reads
  return new Proxy(handle, {
    get(target, key) {
      if (key !== 'read') return Reflect.get(target, key, target)
      return async (buffer: Buffer, offset: number, length: number, position: number) => {
        const result = await target.read(buffer, offset, length, position)
        if (--left === 0) cut()
        return result
      }
    },
  })
}

test('cut and refilled while it is resumed, it is known as it was remembered', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-life-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const path = join(dir, 'audit.log')
  const text = lines(0, 100)
  const bytes = Buffer.from(text)
  const from: Known = {
    ...{ stream: digest(bytes.subarray(0, text.indexOf('\n') + 1)).slice(0, 16), done: false },
    ...{ place: path, path, device: '1', inode: '1', since: 0, modified: 0, writerSeen: false },
    ...{ head: digest(bytes.subarray(0, 1024)), headLength: 1024 },
    ...{ offset: bytes.length, size: bytes.length },
    ...{ tail: digest(bytes.subarray(bytes.length - 1024)), tailAt: bytes.length },
  }
  for (const reads of [1, 2]) {
    writeFileSync(path, text)
    const handle = await open(path)
    const life = new Life({
      ...{ handle: cutAfter(handle, reads, () => writeFileSync(path, lines(5000, 120))), from },
      ...{ kind: 'growing', place: path, path, device: '1', inode: '1', gzip: false },
      ...{ now: 0, since: 0, chunk: 1000, name: (base: string) => base },
    })
    await life.prepare()
    assert.deepEqual((await life.pull(1, false)).kind, 'replaced', `cut after read ${reads}`)
    const { tail, head, offset } = life.known
    assert.deepEqual({ tail, head, offset }, { tail: from.tail, head: from.head, offset: from.offset })
    await life.close()
  }
})
