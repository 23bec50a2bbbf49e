/** The examples run as they stand. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../chaos/daemon-process.ts'

for (const name of readdirSync(join(root, 'examples')))
  test(name, () => {
    const run = spawnSync(join(root, 'examples', name, 'run.sh'), { encoding: 'utf8' })
    assert.equal(run.status, 0, run.stderr + run.stdout)
  })
