/**
 * What each scenario costs: the demo recording through an engine with that one scenario, minus an empty engine.
 * Both take the same events, alternating, and the median of the rounds counts: on a busy machine one round says little.
 * The recording is repeated back to back, each time later by its own length, so that quiet times and windows run out
 * as they do on a long log. Run by itself it prints a table; `npm run bench` calls `scenarioCosts`.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { defaultConfig } from '../../src/app/config/load.ts'
import { packageRoot } from '../../src/app/content.ts'
import { buildHouse } from '../../src/app/house.ts'
import { replaySensor } from '../../src/app/replay.ts'
import type { Event } from '../../src/core/event.ts'
import { silent } from '../../src/core/reason.ts'
import { createCorrelator } from '../../src/correlate/engine.ts'
import type { Scenario } from '../../src/correlate/scenario.ts'
import { StateSpace } from '../../src/kit/state.ts'
import { interpret } from '../../src/pipeline/engine.ts'

const RECORDING = join(packageRoot, 'corpus', 'demo', 'modsec3-json.log.gz')
const REPEATS = 4
const ROUNDS = 9

const recorded = (): { readonly events: readonly Event[]; readonly scenarios: readonly Scenario[] } => {
  const config = defaultConfig()
  const sensor = replaySensor(config, [])
  const house = buildHouse(config, { sensors: [sensor], sessionKey: 'bench' })
  const lane = house.lane(sensor, 'bench', 'auto')
  const framer = lane.format.frame({ source: 'bench', start: 0, limit: lane.lineLimit })
  const events: Event[] = []
  for (const record of [...framer.push(gunzipSync(readFileSync(RECORDING)), 0), ...framer.end()]) {
    const outcome = interpret(record, lane, silent)
    if ('event' in outcome) events.push(outcome.event)
  }
  return { events, scenarios: house.scenarios }
}

const repeated = (events: readonly Event[]): readonly Event[] => {
  const times = events.map((event) => event.time)
  const length = times.reduce((a, b) => Math.max(a, b), 0) - times.reduce((a, b) => Math.min(a, b), Infinity) + 1
  return Array.from({ length: REPEATS }, (_, round) =>
    events.map((event) => ({ ...event, id: `${event.id}-${round}`, time: event.time + round * length })),
  ).flat()
}

/** Microseconds of CPU per event. */
const timed = (events: readonly Event[], scenarios: readonly Scenario[]): number => {
  const correlator = createCorrelator({ scenarios }, new StateSpace())
  const before = process.cpuUsage()
  for (const event of events) correlator.pour(event, { restrained: false }, silent)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / events.length
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!

/** Per scenario of the pack, dearest first; `all of them` together comes last. */
export const scenarioCosts = async (): Promise<readonly { readonly name: string; readonly micros: number }[]> => {
  const { events: once, scenarios } = recorded()
  const events = repeated(once)
  const candidates = [...scenarios.map((s) => ({ name: s.name, run: [s] })), { name: 'all of them', run: scenarios }]
  const extra = new Map<string, number[]>(candidates.map(({ name }) => [name, []]))
  for (let round = 0; round <= ROUNDS; round++)
    for (const { name, run } of candidates) {
      const empty = timed(events, [])
      const micros = timed(events, run) - empty
      // The first round warms the compiler up.
      if (round > 0) extra.get(name)!.push(micros)
    }
  const costs = candidates.map(({ name }) => ({ name, micros: Math.max(0, median(extra.get(name)!)) }))
  const all = costs.pop()!
  return [...costs.sort((a, b) => b.micros - a.micros), all]
}

if (import.meta.main) {
  console.log('| scenario | µs per event |\n|---|---:|')
  for (const { name, micros } of await scenarioCosts()) console.log(`| ${name} | ${micros.toFixed(2)} |`)
}
