/**
 * How fast playbooks run: runs of three steps, each an HTTP call to a server in this process, on SQLite and PostgreSQL;
 * and how long a trigger waits from its commit to its first call, one at a time on an idle machine.
 *   npm run bench:respond -- [--runs 1000] [--sqlite] [--postgres]
 * Beside it, as the measure of the machine: as many bare HTTP calls to the same server.
 */
import { parseArgs } from 'node:util'
import { startPostgres } from '../test/real/postgres.ts'
import { startDesk } from '../test/respond/desk.ts'
import { openHouse } from '../test/respond/house.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '1000' }, sqlite: { type: 'boolean' }, postgres: { type: 'boolean' } },
})
const runs = Number(values.runs)
const both = !values.sqlite && !values.postgres

const THREE = `
name: respond
summary: Three calls.
on: [{ incident: opened }]
steps:
  - { id: one, action: desk.open, with: { about: '\${{ case.id }}', note: one } }
  - { id: two, action: desk.open, with: { about: '\${{ case.id }}', note: two } }
  - { id: three, action: desk.open, with: { about: '\${{ case.id }}', note: three } }
`

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!

const measure = async (name: string, state: string | undefined): Promise<void> => {
  const desk = await startDesk()
  const house = await openHouse({ desk, playbooks: [THREE], concurrent: 64, ...(state === undefined ? {} : { state }) })
  await house.raise({ incident: 'warm' })
  await house.settled()
  const waits: number[] = []
  for (let i = 0; i < 40; i++) {
    const before = desk.arrived.length
    const began = performance.now()
    await house.raise({ incident: `idle-${i}` })
    while (desk.arrived.length === before) await new Promise((resolve) => setImmediate(resolve))
    waits.push(performance.now() - began)
    await house.settled()
  }
  waits.sort((a, b) => a - b)
  const began = performance.now()
  await house.raise(...Array.from({ length: runs }, (_, i) => ({ incident: `i-${i}` })))
  await house.settled()
  const seconds = (performance.now() - began) / 1000
  console.log(
    `${name.padEnd(10)} ${(runs / seconds).toFixed(0)} runs/s (${runs} of three steps, ${seconds.toFixed(1)} s); commit to first call: p50 ${quantile(waits, 0.5).toFixed(0)} ms, p95 ${quantile(waits, 0.95).toFixed(0)} ms`,
  )
  await house.close()
  await desk.stop()
}

const baseline = async (): Promise<void> => {
  const desk = await startDesk()
  const began = performance.now()
  const post = (n: number) =>
    fetch(`${desk.url}/tickets`, { method: 'POST', body: JSON.stringify({ key: `k${n}`, about: 'x', note: '' }) }).then(
      (answer) => answer.text(),
    )
  for (let i = 0; i < runs * 3; i += 64)
    await Promise.all(Array.from({ length: Math.min(64, runs * 3 - i) }, (_, k) => post(i + k)))
  const seconds = (performance.now() - began) / 1000
  console.log(`${'bare HTTP'.padEnd(10)} ${((runs * 3) / seconds).toFixed(0)} calls/s, 64 at a time`)
  await desk.stop()
}

await baseline()
if (both || values.sqlite) await measure('SQLite', undefined)
if (both || values.postgres) {
  const server = await startPostgres()
  if (server) {
    await measure('PostgreSQL', await server.database())
    await server.stop()
  } else console.log('PostgreSQL is not installed and cannot be')
}
