/**
 * `npm run bench [-- --records N] [-- --rounds N]`: replay throughput beside bare JSON.parse on the same bytes in the
 * same run, memory, bytes stored per event, and what each scenario costs. Figures on a busy machine are worth little;
 * the ratio is worth more, because both sides suffer alike.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeLongLog } from './bench/long-log.ts'
import { scenarioCosts } from './bench/scenario-cost.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    recording: { type: 'string', default: join(root, 'corpus', 'demo', 'modsec3-json.log.gz') },
  },
})

interface Measured {
  readonly records: number
  readonly seconds: number
  readonly perSecond: number
  readonly cpuSeconds: number
  readonly rssPeak: number
  readonly bytesPerEvent: number
  readonly kept: number
}

const measure = <T = Measured>(script: string, ...args: string[]): T => {
  const run = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'scripts', 'bench', script), ...args],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  if (run.status !== 0) throw new Error(`${script} failed`)
  return JSON.parse(run.stdout)
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!
const whole = (n: number): string => Math.round(n).toLocaleString('en')
const row = (...cells: string[]) => console.log(`| ${cells.join(' | ')} |`)

const dir = mkdtempSync(join(tmpdir(), 'riposte-bench-log-'))
try {
  const log = join(dir, 'audit.log')
  const written = writeLongLog(values.recording, log, { records: Number(values.records) })
  console.log(
    `${whole(written.records)} transactions, ${(written.bytes / 1e6).toFixed(0)} MB; ${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}\n`,
  )

  const rounds = Array.from({ length: Number(values.rounds) }, () => ({
    parse: measure('parse-once.ts', log),
    replay: measure('replay-once.ts', log),
    one: measure('replay-once.ts', log, '--one-thread'),
  }))
  const of = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick))
  row('median of', `${rounds.length} rounds`, 'transactions/s', 'of JSON.parse')
  row('---', '---', '---:', '---:')
  row('bare `JSON.parse`', 'every line, nothing else', whole(of((r) => r.parse.perSecond)), '1.00')
  row(
    'replay',
    'all rooms, durable commits',
    whole(of((r) => r.replay.perSecond)),
    of((r) => r.replay.perSecond / r.parse.perSecond).toFixed(2),
  )
  row(
    'replay on one thread',
    'the same',
    whole(of((r) => r.one.perSecond)),
    of((r) => r.one.perSecond / r.parse.perSecond).toFixed(2),
  )
  console.log(
    `\nmemory: peak RSS ${(of((r) => r.replay.rssPeak) / 1e6).toFixed(0)} MB; on one thread ${(of((r) => r.one.rssPeak) / 1e6).toFixed(0)} MB` +
      `\nstored: ${of((r) => r.replay.bytesPerEvent).toFixed(0)} bytes per event kept (${whole(of((r) => r.replay.kept))} kept), everything else in the database included\n`,
  )
  const latency = measure<{ p50: number; p99: number; attacks: number }>('latency.ts', '300')
  console.log(
    `attack line written → ban durable, ${latency.attacks} attacks: p50 ${latency.p50.toFixed(0)} ms, p99 ${latency.p99.toFixed(0)} ms\n`,
  )

  row('scenario', 'µs per event')
  row('---', '---:')
  for (const { name, micros } of await scenarioCosts()) row(name, micros.toFixed(2))
} finally {
  rmSync(dir, { recursive: true, force: true })
}
