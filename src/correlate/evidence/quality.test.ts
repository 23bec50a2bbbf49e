/** Ban quality on real recordings through the whole shipped policy, and what transformations of them must not change. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { criteriaOf } from '../../../scripts/quality/criteria.ts'
import { judge } from '../../../scripts/quality/judge.ts'
import { readEvents, readTruth, type Truth } from '../../../scripts/quality/recording.ts'
import { defaultConfig } from '../../app/config/load.ts'
import { buildHouse } from '../../app/house.ts'
import { replaySensor } from '../../app/replay.ts'
import type { Event } from '../../core/event.ts'
import { parseCidr } from '../../core/ip.ts'
import { silent } from '../../core/reason.ts'
import { HOUR, MINUTE } from '../../core/time.ts'
import { StateSpace } from '../../kit/state.ts'
import { createEvidence } from './evidence.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const shared = join(root, '..', 'shared', 'corpus')
const recordings = [
  { name: 'demo', base: join(root, 'corpus', 'demo', 'modsec3-json'), proxies: ['192.0.2.10/32'] },
  { name: 'field', base: join(shared, 'field'), proxies: ['10.20.0.1/32'] },
  { name: 'modsec3-json', base: join(shared, 'modsec3-json'), proxies: [] },
]

for (const { name, base, proxies } of recordings)
  test(`${name}: every criterion of ban quality`, {
    skip: !existsSync(`${base}.log.gz`) && 'the recording is not here',
  }, async () => {
    const truth = await readTruth(`${base}.truth.jsonl.gz`)
    const judgement = await judge(
      `${base}.log.gz`,
      truth,
      proxies.map((p) => parseCidr(p)!),
    )
    const missed = criteriaOf(judgement, truth).filter((c) => c.ok === false)
    assert.deepEqual(missed, [])
  })

const demo = recordings[0]!
const here = existsSync(`${demo.base}.log.gz`)
const skip = !here && 'the recording is not here'

let loaded: Promise<{ events: Event[]; truth: Truth }> | undefined
const load = (): Promise<{ events: Event[]; truth: Truth }> => {
  loaded ??= (async () => {
    const truth = await readTruth(`${demo.base}.truth.jsonl.gz`)
    const config = defaultConfig()
    const sensor = replaySensor(
      config,
      demo.proxies.map((p) => parseCidr(p)!),
    )
    const lane = buildHouse(config, { sensors: [sensor] }).lane(sensor, 'file:demo', 'auto')
    const events: Event[] = []
    for await (const event of readEvents(`${demo.base}.log.gz`, lane)) events.push(event)
    return { events, truth }
  })()
  return loaded
}

interface Outcome {
  innocentBans: number
  innocentThrottles: number
  attackers: number
}

const outcomeOf = (events: readonly Event[], truth: Truth, known = (ip: string) => ip): Outcome => {
  const room = createEvidence({}, new StateSpace())
  const bans = new Set<string>()
  const throttles = new Set<string>()
  for (const event of events)
    for (const alert of room.pour(event, { restrained: false }, silent))
      if (alert.verdict === 'ban') bans.add(event.clientIp)
      else if (alert.verdict === 'throttle') throttles.add(event.clientIp)
  const role = (ip: string): string | undefined => truth.clients.get(known(ip))?.role
  return {
    innocentBans: [...bans].filter((ip) => role(ip) === 'innocent').length,
    innocentThrottles: [...throttles].filter((ip) => role(ip) === 'innocent' && !bans.has(ip)).length,
    attackers: [...bans].filter((ip) => role(ip) === 'attacker').length,
  }
}

const transforms: Readonly<Record<string, (events: readonly Event[]) => Event[]>> = {
  'only transactions with matches': (events) => events.filter((e) => e.matches.some((m) => m.evaluation !== true)),
  'every second event': (events) => events.filter((_, i) => i % 2 === 0),
  'every fifth event': (events) => events.filter((_, i) => i % 5 === 0),
  'time stretched ten times': (events) =>
    events.map((e) => ({ ...e, time: events[0]!.time + (e.time - events[0]!.time) * 10 })),
  'time stretched a hundred times': (events) =>
    events.map((e) => ({ ...e, time: events[0]!.time + (e.time - events[0]!.time) * 100 })),
  'time compressed ten times': (events) =>
    events.map((e) => ({ ...e, time: events[0]!.time + Math.floor((e.time - events[0]!.time) / 10) })),
  'the same again an hour later': (events) => [
    ...events,
    ...events.map((e) => ({ ...e, id: `${e.id}x`, time: e.time + HOUR })),
  ],
  'no sessions known': (events) =>
    events.map((e) => {
      const { session: _, ...rest } = e
      return rest
    }),
  'no headers, agents or sessions logged': (events) =>
    events.map((e) => {
      const { session: _, ...rest } = e
      return { ...rest, request: { ...rest.request, headers: [], userAgent: '' } }
    }),
  'rule data not logged': (events) =>
    events.map((e) => ({ ...e, matches: e.matches.map((m) => ({ ...m, data: '' })) })),
  'paranoia level 2 firing on a third of everything': (events) =>
    events.map((e, i) =>
      i % 3 === 0
        ? {
            ...e,
            matches: [
              ...e.matches,
              {
                ruleId: 942430,
                message: 'Restricted SQL Character Anomaly Detection',
                data: `Matched Data: ; found within ARGS:p${i % 7}: a;b;${i.toString(36)}`,
                severity: 'WARNING',
                tags: ['paranoia-level/2'],
                file: '',
                line: 0,
                variable: `ARGS:p${i % 7}`,
                attackClass: 'sqli' as const,
                paranoiaLevel: 2,
              },
            ],
          }
        : e,
    ),
}

for (const [name, transform] of Object.entries(transforms))
  test(`no innocent is banned when the recording is changed: ${name}`, { skip }, async () => {
    const { events, truth } = await load()
    const outcome = outcomeOf(transform(events), truth)
    assert.equal(outcome.innocentBans, 0)
    assert.ok(outcome.innocentThrottles <= 0.03 * 176, `${outcome.innocentThrottles} innocents throttled`)
    assert.ok(outcome.attackers >= 10, `${outcome.attackers} attackers banned`)
  })

test('who has which address does not matter', { skip }, async () => {
  const { events, truth } = await load()
  const names = [...new Set(events.map((e) => e.clientIp))].filter((ip) => !ip.includes(':'))
  const next = new Map(names.map((ip, i) => [ip, names[(i + 31) % names.length]!]))
  const back = new Map([...next].map(([a, b]) => [b, a]))
  const moved = events.map((e) => ({ ...e, clientIp: next.get(e.clientIp) ?? e.clientIp }))
  assert.deepEqual(
    outcomeOf(moved, truth, (ip) => back.get(ip) ?? ip),
    outcomeOf(events, truth),
  )
})

test('innocents who do the same for 20 hours stay free', { skip }, async () => {
  const { events, truth } = await load()
  const innocent = events.filter((e) => truth.clients.get(e.clientIp)?.role === 'innocent')
  const day = Array.from({ length: 40 }, (_, i) =>
    innocent.map((e) => ({ ...e, id: `${e.id}${i}`, time: e.time + i * 30 * MINUTE })),
  ).flat()
  const outcome = outcomeOf(day, truth)
  assert.deepEqual([outcome.innocentBans, outcome.innocentThrottles], [0, 0])
})

test('all innocents of one persona behind one address and one session are not banned', { skip }, async () => {
  const { events, truth } = await load()
  const room = createEvidence({}, new StateSpace())
  const banned: string[] = []
  for (const event of events) {
    const client = truth.clients.get(event.clientIp)
    const persona = client?.role === 'innocent' ? [...client.kinds][0] : undefined
    const merged =
      persona === undefined
        ? event
        : {
            ...event,
            clientIp: `10.9.8.${[...persona].reduce((n, c) => (n * 31 + c.charCodeAt(0)) % 251, 7)}`,
            ...(event.session ? { session: persona } : {}),
          }
    for (const alert of room.pour(merged, { restrained: false }, silent))
      if (alert.verdict === 'ban' && persona !== undefined) banned.push(persona)
  }
  assert.deepEqual(banned, [])
})
