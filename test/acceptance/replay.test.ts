/** What a replay promises: the same end whatever the batches and threads, and one history out of several files. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { defaultConfig } from '../../src/app/config/load.ts'
import { packageRoot } from '../../src/app/content.ts'
import { buildHouse } from '../../src/app/house.ts'
import { openLane } from '../../src/app/lane.ts'
import { threadReader } from '../../src/app/reading-thread.ts'
import { replaySensor } from '../../src/app/replay.ts'
import { parseCidr } from '../../src/core/ip.ts'
import type { StateRow } from '../../src/kit/state.ts'
import type { Commit } from '../../src/kit/store.ts'
import { replay } from '../../src/pipeline/replay.ts'
import { createFileSource } from '../../src/sources/file/index.ts'

const RECORDING = join(packageRoot, 'corpus', 'demo', 'modsec3-json.log.gz')
const config = defaultConfig()
const sensor = replaySensor(config, [parseCidr('192.0.2.10')!])

interface End {
  readonly events: readonly string[]
  readonly alerts: readonly string[]
  readonly decisions: readonly string[]
  /** What the rooms remember in the end, row by row. */
  readonly memory: ReadonlyMap<string, string>
}

const run = async (files: readonly string[], batchRecords: number, elsewhere = false): Promise<End> => {
  const house = buildHouse(config, { sensors: [sensor], sessionKey: 'test' })
  const commits: Commit[] = []
  const feeds = files.map((file) => {
    const source = createFileSource({ paths: [file], follow: false })
    const spec = { ...house.laneSpec(sensor, 'test', 'auto') }
    return { source, lane: openLane(spec), ...(elsewhere ? { reader: threadReader(spec) } : {}) }
  })
  await replay(
    feeds,
    { rooms: house.rooms, ledger: { commit: async (c) => void commits.push(c) }, clock: () => 0, batchRecords },
    new AbortController().signal,
  )
  for (const feed of feeds) if ('reader' in feed) await feed.reader.close()
  const memory = new Map<string, StateRow>()
  for (const row of commits.flatMap((c) => c.state)) memory.set(`${row.table}\0${row.key}`, row)
  const decisions = new Map(commits.flatMap((c) => c.decisions).map((d) => [d.id, d]))
  return {
    events: commits.flatMap((c) => c.events.map((e) => e.id)),
    alerts: commits.flatMap((c) => c.alerts.map((a) => a.id)),
    decisions: [...decisions.values()].map((d) => `${d.id} ${d.type} ${d.until} ${d.withdrawnAt ?? ''}`),
    memory: new Map([...memory].filter(([, row]) => row.value !== null).map(([key, row]) => [key, row.value!])),
  }
}

test('batch boundaries and threads do not show', async () => {
  const whole = await run([RECORDING], 1_000_000)
  assert.ok(whole.decisions.length > 20)
  assert.deepEqual(await run([RECORDING], 97), whole)
  assert.deepEqual(await run([RECORDING], 1000, true), whole)
})

test('a rotated set, given in any order, is one history', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-set-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const lines = gunzipSync(readFileSync(RECORDING)).toString('latin1').split('\n').filter(Boolean)
  const cut = [lines.slice(0, 1700), lines.slice(1700, 3000), lines.slice(3000)]
  const files = cut.map((part, i) => {
    const file = join(dir, `audit.log${i === 2 ? '' : `.${2 - i}`}`)
    writeFileSync(file, `${part.join('\n')}\n`, 'latin1')
    return file
  })
  const whole = await run([RECORDING], 1000)
  const [a, b, c] = files as [string, string, string]
  const set = await run([c, a, b], 1000)
  assert.deepEqual([...set.events].sort(), [...whole.events].sort())
  assert.deepEqual(set.decisions.length, whole.decisions.length)
})
