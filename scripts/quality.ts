/**
 * `npm run quality`: how well the shipped policy tells attackers from innocents, on labelled recordings.
 *
 *   node scripts/quality.ts                                   every recording at hand
 *   node scripts/quality.ts LOG TRUTH [--trusted-proxy CIDR]  this one
 *     --svg FILE    plot innocents banned against attackers caught, the model beside the simple rules
 *     --cross       fit the weights on each recording and judge the others
 *
 * Exit 1 when a criterion is not met, 2 on wrong usage.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Cidr, parseCidr } from '../src/core/ip.ts'
import { chartOf } from './quality/chart.ts'
import { criteriaOf } from './quality/criteria.ts'
import { crossTable } from './quality/cross.ts'
import { type Judgement, judge } from './quality/judge.ts'
import { readTruth, type Truth } from './quality/recording.ts'

interface Recording {
  readonly name: string
  readonly log: string
  readonly truth: string
  readonly proxies: readonly string[]
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What is at hand: the repository's own recordings, and a shared corpus beside it where there is one. */
const atHand = (): Recording[] => {
  const shared = join(root, '..', 'shared', 'corpus')
  const own = join(root, 'corpus')
  const recording = (name: string, folder: string, file: string, ...proxies: string[]): Recording => ({
    name,
    log: join(folder, `${file}.log.gz`),
    truth: join(folder, `${file}.truth.jsonl.gz`),
    proxies,
  })
  const list = [
    recording('modsec3-json', shared, 'modsec3-json'),
    recording('field', shared, 'field', '10.20.0.1/32'),
    recording('modsec3-json-crs4', shared, 'modsec3-json-crs4'),
    recording('modsec2-json', shared, 'modsec2-json'),
    recording('demo', own, 'demo/modsec3-json', '192.0.2.10/32'),
    recording('own modsec2-json', own, 'modsec2-json', '192.0.2.10/32'),
  ]
  return list.filter((r) => existsSync(r.log) && existsSync(r.truth))
}

const usage = (problem: string): never => {
  process.stderr.write(
    `${problem}\nusage: node scripts/quality.ts [LOG TRUTH [--trusted-proxy CIDR]...] [--svg FILE] [--cross]\n`,
  )
  process.exit(2)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'trusted-proxy': { type: 'string', multiple: true, default: [] },
    svg: { type: 'string' },
    cross: { type: 'boolean', default: false },
  },
})
if (positionals.length !== 0 && positionals.length !== 2) usage('give a log and its truth, or nothing')
for (const file of positionals) if (!existsSync(file)) usage(`no such file: ${file}`)

const recordings: Recording[] =
  positionals.length === 2
    ? [
        {
          name: basename(positionals[0]!),
          log: resolve(positionals[0]!),
          truth: resolve(positionals[1]!),
          proxies: values['trusted-proxy'],
        },
      ]
    : atHand()
if (recordings.length === 0) usage('no recording at hand')

const judged: { name: string; truth: Truth; judgement: Judgement }[] = []
let failed = 0
for (const r of recordings) {
  const truth = await readTruth(r.truth)
  const proxies = r.proxies.map((text): Cidr => parseCidr(text) ?? usage(`${text} is no network`))
  const judgement = await judge(r.log, truth, proxies)
  judged.push({ name: r.name, truth, judgement })
  const rows = criteriaOf(judgement, truth)
  console.log(`\n${r.name}: ${judgement.events} events, ${truth.clients.size} clients`)
  const width = Math.max(...rows.map((row) => [...row.text].length))
  for (const { text, found, ok } of rows) {
    console.log(
      `  ${ok === undefined ? '    ' : ok ? 'ok  ' : 'FAIL'}  ${text}${' '.repeat(width - [...text].length)}  ${found}`,
    )
    if (ok === false) failed++
  }
}
if (values.cross) console.log(`\n${crossTable(judged)}`)
if (values.svg !== undefined) {
  writeFileSync(values.svg, chartOf(judged))
  console.log(`\nplot written to ${values.svg}`)
}
console.log(failed === 0 ? '\nall criteria met' : `\n${failed} criteria not met`)
process.exitCode = failed === 0 ? 0 : 1
