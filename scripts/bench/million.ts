/**
 * Many imported decisions: how long their import takes (by the command line's own seat, or through a running daemon),
 * how long a restart takes to have them again, and what a process that holds them takes. Prints one line of JSON.
 *   million.ts [--entries N] [--by seat|daemon] [--order sorted|random]
 */
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadConfig } from '../../src/app/config/load.ts'
import type { Config } from '../../src/app/config/schema.ts'
import { startDaemon } from '../../src/app/daemon.ts'
import { buildHouse } from '../../src/app/house.ts'
import { seatedEngine } from '../../src/app/inbox.ts'
import { type Command, MOST_IMPORTED } from '../../src/core/act.ts'
import { DAY } from '../../src/core/time.ts'
import type { Store } from '../../src/kit/store.ts'
import { createLogger } from '../../src/observe/logger.ts'
import { openStore } from '../../src/store/open.ts'

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    by: { type: 'string', default: 'seat' },
    order: { type: 'string', default: 'sorted' },
    /** Set for the child processes: what is measured in a process of its own. */
    only: { type: 'string' },
    state: { type: 'string' },
  },
})
const entries = Number(values.entries)

const configOf = (state: string): Config => loadConfig(`state: ${state}\nsensors: []\n`, 'riposte.yaml', {})
const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10

/** Seconds by the clock and of the processor: on a busy machine the second is the one to compare. */
const stopwatch = () => {
  const clock = performance.now()
  const used = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(used)
    return { clock: Math.round((performance.now() - clock) / 10) / 100, cpu: Math.round((user + system) / 1e4) / 100 }
  }
}

/** Different addresses of 11.0.0.0/8 and up, in order, or strewn by an odd factor. */
const addressOf = (n: number): string => {
  const word = 0x0b000000 + (values.order === 'random' ? Math.imul(n, 0x9e3779b1) >>> 8 : n)
  return [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.')
}

const commands = function* (): IterableIterator<Command> {
  for (let first = 0; first < entries; first += MOST_IMPORTED)
    yield {
      kind: 'decision.import',
      list: 'bench',
      entries: Array.from({ length: Math.min(MOST_IMPORTED, entries - first) }, (_, i) => ({
        value: addressOf(first + i),
        type: 'ban' as const,
        duration: 30 * DAY,
        reason: 'seen by others',
      })),
    }
}

const answered = async (store: Store, number: number): Promise<void> => {
  while (!(await store.answer(number))) await new Promise((resolve) => setTimeout(resolve, 20))
}

const importAll = async (state: string) => {
  const store = await openStore(state)
  const daemon = values.by === 'daemon' ? await startServing(state) : undefined
  const seconds = stopwatch()
  const round = daemon ? async () => {} : await seatedEngine(store, configOf(state))
  const asked: number[] = []
  for (const command of commands()) {
    asked.push(await store.ask(command, 'cli:bench', Date.now()))
    await round()
    if (asked.length > 2) await answered(store, asked.shift()!)
  }
  for (const number of asked) await answered(store, number)
  const took = { seconds: seconds(), rss: megabytes(process.memoryUsage.rss()) }
  await store.close()
  return daemon ? { ...took, daemon: await daemon.stop() } : took
}

/** The daemon in a process of its own; `stop` resolves to what it took. */
const startServing = async (state: string) => {
  const child = fork(fileURLToPath(import.meta.url), ['--only', 'serve', '--state', state], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  await once(child, 'message')
  return {
    async stop() {
      child.send('stop')
      const [took] = await once(child, 'message')
      await once(child, 'exit')
      return took
    },
  }
}

const serve = async (state: string): Promise<void> => {
  const daemon = await startDaemon({ config: configOf(state), log: createLogger('silent') })
  const seconds = stopwatch()
  process.send!('ready')
  await once(process, 'message')
  process.send!({ seconds: seconds(), rss: megabytes(process.memoryUsage.rss()) })
  daemon.stop()
  await daemon.done
  process.disconnect()
}

const restoreAll = async (state: string) => {
  const store = await openStore(state)
  const before = process.memoryUsage.rss()
  const seconds = stopwatch()
  const restored = await store.restore()
  const read = seconds()
  const house = buildHouse(configOf(state), { restored, at: Date.now() })
  const ready = seconds()
  const restrained = house.rooms.decider.isRestrained(addressOf(entries - 1), Date.now())
  globalThis.gc?.()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const { rss, arrayBuffers, heapUsed } = process.memoryUsage()
  await store.close()
  return {
    decisions: restored.decisions.size,
    restrained,
    seconds: { read, ready },
    memory: {
      before: megabytes(before),
      rss: megabytes(rss),
      arrays: megabytes(arrayBuffers),
      heapUsed: megabytes(heapUsed),
    },
  }
}

const inChild = (only: string, state: string): unknown => {
  const run = spawnSync(
    process.execPath,
    [
      '--expose-gc',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(import.meta.url),
      ...process.argv.slice(2),
      '--only',
      only,
      '--state',
      state,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  if (run.status !== 0) throw new Error(`${only} failed`)
  return JSON.parse(run.stdout)
}

if (values.only === 'import') console.log(JSON.stringify(await importAll(values.state!)))
else if (values.only === 'serve') await serve(values.state!)
else if (values.only === 'restore') console.log(JSON.stringify(await restoreAll(values.state!)))
else {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-million-'))
  try {
    const state = join(dir, 'riposte.db')
    const imported = inChild('import', state)
    const restart = inChild('restore', state)
    console.log(JSON.stringify({ entries, imported, restart, stored: megabytes(statSync(state).size) }))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
