/**
 * Runs the test files below the given folders (all of them by default) with Node's own runner.
 *   node scripts/run-tests.ts [--long] [FOLDER|FILE…]
 * `--long` also runs what is too slow for every commit: soak, full fuzz, 2 GB replays.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const args = process.argv.slice(2)
const long = args.includes('--long')
const wanted = args.filter((a) => !a.startsWith('--'))

const filesOf = (place: string): string[] =>
  statSync(place).isFile()
    ? [place]
    : readdirSync(place, { recursive: true, encoding: 'utf8' })
        .filter((f) => f.endsWith('.test.ts') && !f.includes('node_modules'))
        .map((f) => join(place, f))

const files = (wanted.length > 0 ? wanted : ['src', 'test', 'scripts']).flatMap(filesOf).sort()
// Two files at a time: tests start real servers, and a machine may have but two cores.
const run = spawnSync(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-concurrency=2',
    `--test-timeout=${long ? 3_600_000 : 600_000}`,
    '--test-reporter=spec',
    ...files,
  ],
  {
    stdio: 'inherit',
    env: { ...process.env, ...(long ? { RIPOSTE_LONG: '1' } : {}) },
  },
)
process.exit(run.status ?? 1)
