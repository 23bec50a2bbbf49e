/** Memory stays flat: a log of 2 GB takes no more of it at the end than in the beginning. `npm run test:long` only. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeLongLog } from '../../scripts/bench/long-log.ts'
import { root } from '../chaos/daemon-process.ts'

const skip = process.env['RIPOSTE_LONG'] !== '1' && 'npm run test:long only'
const recordings = [
  join(root, 'corpus', 'demo', 'modsec3-json.log.gz'),
  join(root, '..', 'shared', 'corpus', 'modsec3-json.log.gz'),
]

for (const recording of recordings)
  test(`2 GB made of ${recording.slice(root.length - 4)}`, { skip, timeout: 3_000_000 }, (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'riposte-2gb-'))
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    const log = join(dir, 'audit.log')
    let written: { records: number }
    try {
      written = writeLongLog(recording, log, { bytes: 2e9 })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      t.skip('that recording is not here')
      return
    }
    const run = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(root, 'scripts', 'bench', 'replay-once.ts'), log],
      { encoding: 'utf8' },
    )
    assert.equal(run.status, 0, run.stderr)
    const { records, rssPeak, rssTenths } = JSON.parse(run.stdout)
    assert.equal(records, written.records)
    t.diagnostic(
      `RSS at each tenth, MB: ${rssTenths.map((n: number) => Math.round(n / 1e6)).join(' ')}; peak ${Math.round(rssPeak / 1e6)}`,
    )
    const early = Math.max(...rssTenths.slice(0, 3))
    const late = Math.max(...rssTenths.slice(7))
    assert.ok(late < early * 1.25, 'the last third takes no more than the first')
  })
