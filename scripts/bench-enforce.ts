/**
 * `npm run bench:enforce -- [WHAT…] [--nft]`: what enforcement takes, each measurement in processes of its own.
 *
 *   attack    from an attack line in the log to each point                 [--attacks 1000]
 *   restart   from the start of a daemon to points that hold everything    [--entries 100000,1000000]
 *   rbl       answers a second beside BIND and rbldnsd, and memory         [--entries 1000000] [--threads 1,2]
 *   lapi      the whole list for a bouncer                                 [--entries 100000]
 *
 * `--nft` (root) adds nftables to the first two, in a network namespace of its own.
 */
import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const MEASUREMENTS = ['attack', 'restart', 'rbl', 'lapi'] as const
type Measurement = (typeof MEASUREMENTS)[number]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    attacks: { type: 'string', default: '1000' },
    entries: { type: 'string' },
    threads: { type: 'string', default: '1,2' },
    nft: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((word) => !MEASUREMENTS.includes(word as Measurement))
if (unknown.length > 0) {
  console.error(`error: ${unknown.join(', ')} is no measurement\nfix: choose of ${MEASUREMENTS.join(', ')}`)
  process.exit(2)
}
const wanted = (positionals.length > 0 ? positionals : MEASUREMENTS) as readonly Measurement[]
const nft = values.nft ? ['--nft'] : []
const list = (text: string): readonly string[] => text.split(',')

const run = (program: string, ...args: readonly string[]): void => {
  const file = fileURLToPath(new URL(`bench/${program}`, import.meta.url))
  const { status } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

const how: Readonly<Record<Measurement, () => void>> = {
  attack: () => run('attack-to-point.ts', '--attacks', values.attacks, ...nft),
  restart() {
    for (const entries of list(values.entries ?? '100000,1000000')) run('restart.ts', '--entries', entries, ...nft)
  },
  rbl: () => run('list-answers.ts', '--entries', values.entries ?? '1000000', '--threads', values.threads),
  lapi: () => run('lapi-stream.ts', '--entries', values.entries ?? '100000'),
}

console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`)
run('../build.ts')
for (const measurement of wanted) {
  console.log(`\n## ${measurement}\n`)
  how[measurement]()
}
