/** One replay with durable commits, in a process of its own: what `riposte replay FILE` does. Prints what it took. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultConfig } from '../../src/app/config/load.ts'
import { buildHouse } from '../../src/app/house.ts'
import { openLane } from '../../src/app/lane.ts'
import { threadReader } from '../../src/app/reading-thread.ts'
import { replaySensor } from '../../src/app/replay.ts'
import { replay } from '../../src/pipeline/replay.ts'
import { createFileSource } from '../../src/sources/file/index.ts'
import { openStore } from '../../src/store/open.ts'

const file = process.argv[2]!
const oneThread = process.argv.includes('--one-thread')
const config = defaultConfig()
const sensor = replaySensor(config, [])
const dir = mkdtempSync(join(tmpdir(), 'riposte-bench-'))
const database = join(dir, 'riposte.db')
const store = await openStore(database)
const house = buildHouse(config, { sensors: [sensor] })
const source = createFileSource({ paths: [file], follow: false })
const spec = house.laneSpec(sensor, source.id, 'auto')
const reader = oneThread ? undefined : threadReader(spec)

let records = 0
const rss: number[] = []
const started = performance.now()
const cpu = process.cpuUsage()
await replay(
  [{ source, lane: openLane(spec), ...(reader ? { reader } : {}) }],
  {
    rooms: house.rooms,
    ledger: store,
    clock: Date.now,
    batchRecords: 4000,
    onOutcome: () => records++,
    onCommit: () => void rss.push(process.memoryUsage.rss()),
  },
  new AbortController().signal,
)
const seconds = (performance.now() - started) / 1000
const used = process.cpuUsage(cpu)
await reader?.close()
const status = await store.status()
await store.close()
const stored = statSync(database).size
console.log(
  JSON.stringify({
    records,
    seconds,
    cpuSeconds: (used.user + used.system) / 1e6,
    perSecond: records / seconds,
    rssPeak: Math.max(...rss),
    /** Memory at each tenth of the way: flat, or it leaks. */
    rssTenths: Array.from({ length: 10 }, (_, i) => rss[Math.floor(((i + 1) * rss.length) / 10) - 1]),
    kept: status.rows.events,
    bytesPerEvent: stored / Math.max(1, status.rows.events),
  }),
)
rmSync(dir, { recursive: true, force: true })
