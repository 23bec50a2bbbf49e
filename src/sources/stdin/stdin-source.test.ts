import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import type { SourceItem } from '../../kit/source.ts'
import { createStdinSource } from './index.ts'

test('standard input is one stream of contiguous bytes, then its end', async () => {
  const pieces = ['{"a":1}\n{"b', '":2}\n', 'rest'].map((text) => Buffer.from(text))
  const items: SourceItem[] = []
  for await (const item of createStdinSource({ input: Readable.from(pieces) }).read([], new AbortController().signal))
    items.push(item)
  const bytes = items.filter((item) => item.kind === 'bytes')
  assert.equal(Buffer.concat(bytes.map((item) => item.bytes)).toString(), '{"a":1}\n{"b":2}\nrest')
  assert.deepEqual(
    bytes.map((item) => item.cursor.offset),
    [0, 11, 16],
  )
  const end = items.find((item) => item.kind === 'end')
  assert.deepEqual([end?.cursor.offset, end?.cursor.done], [20, true])
})

test('what has come is not held back for what has not, and abort ends the wait', { timeout: 5000 }, async () => {
  const input = new PassThrough()
  const abort = new AbortController()
  const kinds: string[] = []
  input.write('one line\n')
  for await (const item of createStdinSource({ input }).read([], abort.signal)) {
    kinds.push(item.kind)
    if (item.kind === 'idle') abort.abort()
  }
  assert.deepEqual(kinds, ['bytes', 'idle'])
})
