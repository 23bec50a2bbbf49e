/**
 * Answers a second of one list in three servers: ours within the daemon, BIND with the zone and rbldnsd with the data
 * files that `riposte rbl export` writes. One server at a time, the same questions, half of them for what is listed.
 *   list-answers.ts [--entries N] [--threads 1,2] [--seconds 8]      (needs `npm run build`, dnsperf, bind9, rbldnsd)
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ask } from '../../src/kit/dns-client.ts'
import { freePort } from '../../test/real/loopback.ts'
import { startNamed } from '../../test/real/named.ts'
import { rbldnsdPlace } from '../../test/real/rbldnsd.ts'
import type { ServerProcess } from '../../test/real/server-process.ts'
import { addressOf, cpuOf, holdDecisions, memoryOf } from './held-decisions.ts'

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    threads: { type: 'string', default: '1,2' },
    seconds: { type: 'string', default: '8' },
  },
})
const QUESTIONS = 100_000

const held = await holdDecisions(Number(values.entries))
const nameOf = (n: number): string => `${addressOf(n).split('.').reverse().join('.')}.${held.zone}`
const questions = join(held.dir, 'questions')
writeFileSync(
  questions,
  Array.from({ length: QUESTIONS }, (_, i) => {
    const n = Math.floor((i * held.entries) / QUESTIONS)
    return `${nameOf(i % 2 === 0 ? n : held.entries + n)} A\n`
  }).join(''),
)

const measure = async (name: string, port: number, server: Pick<ServerProcess, 'pid' | 'stop'>): Promise<number> => {
  const before = cpuOf(server.pid)
  const told = execFileSync('dnsperf', [
    ...['-s', '127.0.0.1', '-p', String(port), '-d', questions],
    ...['-l', values.seconds, '-c', '32', '-q', '400'],
  ]).toString()
  const figure = (label: string): number => Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(told)?.[1])
  const perSecond = figure('Queries per second')
  const cpu = ((cpuOf(server.pid) - before) / figure('Queries completed')) * 1e6
  const { rss } = memoryOf(server.pid)
  console.log(
    `${name.padEnd(26)} ${perSecond.toFixed(0).padStart(8)} ${String(figure('Queries lost')).padStart(6)} ${cpu.toFixed(0).padStart(10)} ${String(rss).padStart(7)}`,
  )
  await server.stop()
  return perSecond
}

try {
  console.log(`${held.entries} entries; ours is the whole daemon, which holds the decisions, too\n`)
  console.log(`${'server'.padEnd(26)} answers/s   lost CPU µs each  RSS MB`)
  const answers = async (port: number): Promise<boolean> =>
    (await ask({ host: '127.0.0.1', port }, [nameOf(held.entries - 1)], { timeout: 200 }))[0]?.rcode === 'NOERROR'
  const ours = new Map<string, number>()
  for (const threads of values.threads.split(',')) {
    held.configure({ rbl: `, threads: ${threads}` })
    const daemon = await held.start(() => answers(held.dnsPort))
    ours.set(
      threads,
      await measure(`ours, ${threads === '1' ? '1 thread' : `${threads} threads`}`, held.dnsPort, daemon),
    )
  }

  const zone = join(held.dir, 'bl.db')
  held.cli('rbl', 'export', '--format', 'bind', '--zone', held.zone, '--out', zone)
  const named = await startNamed(
    await freePort(),
    held.zone,
    () => `zone "${held.zone}" { type primary; file "${zone}"; };`,
  )
  const bind = await measure('BIND', named.port, named)

  const place = await rbldnsdPlace(held.zone)
  held.cli('rbl', 'export', '--format', 'rbldnsd', '--out', place.ip4)
  writeFileSync(place.ip6, '')
  chmodSync(place.ip4, 0o644)
  await measure('rbldnsd', place.port, await place.up())
  place.remove()

  for (const [threads, perSecond] of ours)
    console.log(`\nours with ${threads}: ${(perSecond / bind).toFixed(2)} of BIND's answers`)
  for (const threads of values.threads.split(',')) {
    const alone = new URL('list-alone.mjs', import.meta.url).pathname
    const told = execFileSync(process.execPath, [alone, String(held.entries), threads], { encoding: 'utf8' })
    console.log(`\nthe list alone in a process, threads ${threads}: ${JSON.parse(told).rss} MB`)
  }
} finally {
  held.remove()
}
