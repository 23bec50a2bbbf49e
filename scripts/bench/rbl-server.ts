/**
 * The embedded list with as many random entries as wanted, for dnsperf to be pointed at:
 *
 *   node scripts/bench/rbl-server.ts 1000000 /tmp/queries
 *   dnsperf -s 127.0.0.1 -p PORT -d /tmp/queries -l 15 -c 4 -q 200
 *
 * Writes 100,000 queries, half of them for listed addresses, and prints the port, the process's memory and, at the end
 * (SIGINT), what was answered.
 */
import { writeFileSync } from 'node:fs'
import { openList } from '../../src/connectors/rbl/index.ts'
import { settings } from '../../src/connectors/rbl/settings.ts'
import type { Call, Entry } from '../../src/kit/sink.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const queriesFile = process.argv[3]
const port = Number(process.argv[4] ?? 0)
const silent = () => {}
const call: Call = {
  key: 'bench',
  signal: new AbortController().signal,
  log: { debug: silent, info: silent, warn: silent, error: silent },
}

/** The same addresses in every run, none twice, none of them special: an odd factor permutes what lies in 32.0.0.0/6. */
const addressOf = (n: number): string => {
  const at = Math.imul(n, 0x9e3779b1) & 0x03ffffff
  return `${32 + (at >>> 24)}.${(at >>> 16) & 255}.${(at >>> 8) & 255}.${at & 255}`
}

const entryOf = (n: number): Entry => ({
  id: `d-${n.toString(16).padStart(24, '0')}`,
  value: addressOf(n),
  type: 'ban',
  attackClass: 'sqli',
  scenario: 'bench',
  origin: 'engine',
  startsAt: 0,
  until: Date.now() + 86_400_000,
  since: 1,
  version: 1,
})

const list = await openList(
  settings.parse({
    listen: [`127.0.0.1:${port}`],
    zones: { ban: 'bl.example.net' },
    transfer: { allow: ['127.0.0.1'] },
  }),
  (why) => console.error(why),
)
const started = performance.now()
await list.sync(
  {
    kind: 'snapshot',
    entries: {
      count,
      *[Symbol.iterator]() {
        for (let n = 0; n < count; n++) yield entryOf(n)
      },
    },
    allow: [],
  },
  call,
)
console.log(`loaded ${count} entries in ${Math.round(performance.now() - started)} ms`)

if (queriesFile) {
  const reverse = (address: string) => address.split('.').reverse().join('.')
  const lines: string[] = []
  for (let i = 0; i < 100_000; i++) {
    const n = Math.floor((i * count) / 100_000)
    lines.push(`${reverse(addressOf(i % 2 === 0 ? n : count + n))}.bl.example.net A`)
  }
  writeFileSync(queriesFile, `${lines.join('\n')}\n`)
}
console.log(`port ${list.ports[0]}, RSS ${Math.round(process.memoryUsage().rss / 1e6)} MB`)

process.once('SIGINT', async () => {
  console.log(await list.report!(call), `RSS ${Math.round(process.memoryUsage().rss / 1e6)} MB`)
  await list.close()
})
