/** Runs a recording through the shipped policy and notes what became of every client. */
import { defaultConfig } from '../../src/app/config/load.ts'
import { buildHouse } from '../../src/app/house.ts'
import { replaySensor } from '../../src/app/replay.ts'
import type { Decision } from '../../src/core/decision.ts'
import type { Event } from '../../src/core/event.ts'
import { type Cidr, inCidr, parseAddress, parseCidr, subjectOf } from '../../src/core/ip.ts'
import { silent } from '../../src/core/reason.ts'
import { type Actor, isNarrow, isShared } from '../../src/correlate/evidence/actor.ts'
import { amountsOf, totalOf } from '../../src/correlate/evidence/lines.ts'
import type { StateTable } from '../../src/kit/state.ts'
import { type Client, type Role, readEvents, requestIdOf, type Truth } from './recording.ts'
import { createSimpleRules, type SimpleRule } from './simple-rules.ts'

/** What the recording shows of one client, and what was decided on it. */
export interface Verdict {
  readonly client: Client
  banned: boolean
  throttled: boolean
  /** Hostile requests answered before the first ban took hold, and those of them that the WAF itself had not blocked. */
  hostileBefore: number
  unblockedBefore: number
  /** Highest sum of evidence at any moment, in nats; undefined without matches. */
  peak: number | undefined
  /** The lines of the sum at the end, in the order of `LINE_CODES`. */
  amounts: readonly number[] | undefined
  /** The sum could not have banned it: several people behind it, or all of it on one page. */
  spared: boolean
  /** Names of the simple rules of design §5 that would have banned it. */
  readonly rules: Set<SimpleRule>
  /** Ordinal of the first event in which an injection rule (rce or java) matched, and of the one that brought the ban. */
  injectedAt: number | undefined
  bannedAt: number | undefined
}

export interface Judgement {
  readonly events: number
  readonly verdicts: readonly Verdict[]
  /** Addresses decided on (more than watched) although no client of the truth is there. */
  readonly strangers: readonly string[]
  readonly decisions: number
}

export const judge = async (log: string, truth: Truth, proxies: readonly Cidr[]): Promise<Judgement> => {
  const config = defaultConfig()
  const sensor = replaySensor(config, proxies)
  const house = buildHouse(config, { sensors: [sensor] })
  const lane = house.lane(sensor, `file:${log}`, 'auto')
  const { rooms } = house
  const actors = rooms.state.table('evidence.actor') as StateTable<Actor>
  const simple = createSimpleRules()

  const verdicts = new Map<string, Verdict>()
  for (const client of truth.clients.values()) verdicts.set(client.address, newVerdict(client))
  const decided = new Map<string, Decision>()
  let events = 0
  let last = 0

  for await (const event of readEvents(log, lane)) {
    events++
    last = event.time
    const verdict = verdicts.get(event.clientIp)
    const restrained = rooms.decider.isRestrained(event.clientIp, event.time)
    let decisions = 0
    for (const alert of rooms.correlator.pour(event, { restrained }, silent))
      for (const decision of rooms.decider.judge(alert, silent).decisions) {
        decisions++
        if (!decision.simulated && decision.type !== 'watch')
          decided.set(`${decision.type} ${decision.value}`, decision)
      }
    if (event.attackClasses.some((c) => c === 'rce' || c === 'java') && verdict) verdict.injectedAt ??= events
    if (decisions > 0) spread(decided, verdicts, events)
    if (!verdict) continue
    const hostile = truth.hostile(requestIdOf(event), event.clientIp)
    if (!truth.knowsRules && hostile && event.matches.some((m) => m.evaluation !== true)) verdict.client.matched++
    if (!verdict.banned && hostile) {
      verdict.hostileBefore++
      if (event.disposition !== 'blocked') verdict.unblockedBefore++
    }
    for (const rule of simple(event)) verdict.rules.add(rule)
    if (event.matches.length > 0) note(verdict, event, actors)
  }
  for (const verdict of verdicts.values()) {
    const actor = actors.get(subjectOf(verdict.client.address).value, last)
    if (actor?.hostile) verdict.amounts = amountsOf(actor, true)
  }
  const strangers = [...decided.values()]
    .map((d) => d.value)
    .filter((value) => ![...truth.clients.keys()].some((address) => covers(value, address)))
  return { events, verdicts: [...verdicts.values()], strangers: [...new Set(strangers)], decisions: decided.size }
}

export const byRole = (verdicts: readonly Verdict[], role: Role): Verdict[] =>
  verdicts.filter((v) => v.client.role === role)

const newVerdict = (client: Client): Verdict => ({
  client,
  banned: false,
  throttled: false,
  hostileBefore: 0,
  unblockedBefore: 0,
  peak: undefined,
  amounts: undefined,
  spared: false,
  rules: new Set(),
  injectedAt: undefined,
  bannedAt: undefined,
})

const covers = (value: string, address: string): boolean => {
  if (value === address) return true
  const range = value.includes('/') ? parseCidr(value) : undefined
  const parsed = range && parseAddress(address)
  return range !== undefined && parsed !== undefined && inCidr(parsed, range)
}

/** Tells every client what decisions hold on it, ranges included. */
const spread = (
  decided: ReadonlyMap<string, Decision>,
  verdicts: ReadonlyMap<string, Verdict>,
  ordinal: number,
): void => {
  for (const decision of decided.values()) {
    const exact = verdicts.get(decision.value)
    const hit = exact ? [exact] : [...verdicts.values()].filter((v) => covers(decision.value, v.client.address))
    for (const verdict of hit)
      if (decision.type === 'ban') {
        verdict.banned = true
        verdict.bannedAt ??= ordinal
      } else verdict.throttled = true
  }
}

const note = (verdict: Verdict, event: Event, actors: StateTable<Actor>): void => {
  const actor = actors.get(subjectOf(event.clientIp).value, event.time)
  if (!actor?.hostile) return
  verdict.peak = Math.max(verdict.peak ?? Number.NEGATIVE_INFINITY, totalOf(amountsOf(actor, true)))
  verdict.spared = isNarrow(actor) || isShared(actor, true)
}
