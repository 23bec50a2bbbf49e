/** The shipped recordings come to what they came to when a person last looked: `npm run golden` rewrites, then read the diff. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { goldenName, goldenOf, RECORDINGS } from './recordings.ts'

const folder = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'corpus', 'golden')

for (const recording of RECORDINGS)
  test(recording, async () => {
    const file = join(folder, goldenName(recording))
    const now = await goldenOf(recording)
    if (process.env['RIPOSTE_GOLDEN'] === 'write') {
      mkdirSync(folder, { recursive: true })
      writeFileSync(file, now)
    }
    assert.equal(now, readFileSync(file, 'utf8'))
  })
