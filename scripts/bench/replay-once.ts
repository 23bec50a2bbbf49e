/** One replay with durable commits, in a process of its own, as the daemon would do it. Prints what it took. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/app/config/load.ts'
import { buildHouse } from '../../src/app/house.ts'
import { replaySensor } from '../../src/app/replay.ts'
import { replay } from '../../src/pipeline/replay.ts'
import { createFileSource } from '../../src/sources/file/index.ts'
import { openStore } from '../../src/store/open.ts'

const [file, ...flags] = process.argv.slice(2) as [string, ...string[]]
const config = loadConfig('', join(process.cwd(), 'none.yaml'), {})
const sensor = replaySensor(config, [])
const dir = mkdtempSync(join(tmpdir(), 'riposte-bench-'))
const database = join(dir, 'riposte.db')
const store = await openStore(database)
const house = buildHouse(config, { sensors: [sensor] })
const source = createFileSource({ paths: [file], follow: false })

let records = 0
let rssPeak = 0
const rss: number[] = []
const started = performance.now()
await replay(
  [{ source, lane: house.lane(sensor, source.id, 'auto') }],
  {
    rooms: house.rooms,
    ledger: store,
    clock: Date.now,
    batchRecords: 4000,
    onOutcome: () => records++,
    onCommit() {
      const now = process.memoryUsage.rss()
      rssPeak = Math.max(rssPeak, now)
      rss.push(now)
    },
  },
  new AbortController().signal,
)
const seconds = (performance.now() - started) / 1000
const status = await store.status()
await store.close()
const kept = status.rows.events
console.log(
  JSON.stringify({
    records,
    seconds,
    perSecond: records / seconds,
    rssPeak,
    rssAt: flags.includes('--rss') ? rss : undefined,
    kept,
    stored: statSync(database).size,
    bytesPerEvent: statSync(database).size / Math.max(1, kept),
  }),
)
rmSync(dir, { recursive: true, force: true })
