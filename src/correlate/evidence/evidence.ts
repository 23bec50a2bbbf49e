/**
 * The evidence model: how far what an address did speaks for an attacker, and how far for somebody innocent.
 *
 * Enters: every event, clean ones too. Leaves: an alert `evidence` when the verdict on an address rises, and again
 * at widening distances while it goes on. Promised:
 * - a pure fold over events in log time; all memory is plain rows in the state space, all of it bounded;
 * - the verdict is a sum of lines (`lines.ts`) with weights that are data (`weights.ts`); the alert carries the lines;
 * - the same probe again is no new evidence; what the site's harmless clients trip as well counts little;
 * - statuses alone never ban (`nuisance.ts`); an address that several people share is throttled, never banned;
 * - what our own enforcement caused is not looked at.
 */
import type { Alert, Conduct, Verdict } from '../../core/alert.ts'
import type { Event } from '../../core/event.ts'
import type { Subject } from '../../core/subject.ts'
import { DAY, HOUR, MINUTE, type Millis } from '../../core/time.ts'
import type { StateSpace, StateTable } from '../../kit/state.ts'
import type { EvidenceRoom, PourContext, Standing } from '../evidence-room.ts'
import { evidenceOf } from '../own-rules.ts'
import { type Actor, countMissing, countPresent, fade, isSaturated, newActor, newHostile, personaOf } from './actor.ts'
import { alertOf, conductOf } from './alert.ts'
import { type Client, clientNamed, clientOf } from './client.ts'
import { foldHash } from './fold-hash.ts'
import { createHabits, testify } from './habit.ts'
import { confidence } from './lines.ts'
import { nameHash } from './name-hash.ts'
import { countTry, isGuessing } from './nuisance.ts'
import { pathPattern } from './path-pattern.ts'
import { isOurs, type Reading, readEvent } from './probe.ts'
import { recordMatches } from './record.ts'
import { createSurroundings } from './surroundings.ts'
import { heldBy, RANK, type Thresholds, type Weighed, weigh } from './weigh.ts'
import { THRESHOLDS, WEIGHTS, type Weights } from './weights.ts'

export interface EvidenceOptions {
  readonly weights?: Weights
  /** Log-odds from which each verdict holds. */
  readonly thresholds?: Thresholds
}

const CLEAN_LIFE: Millis = 2 * HOUR
const BUSY = 8
const BUSY_FOR: Millis = 10 * MINUTE
const HOSTILE_LIFE: Millis = 2 * DAY
const AGAIN_AFTER: Millis = HOUR
/** Sharpness from which a probe speaks against the very session that sent it. */
const UNMISTAKABLE = 0.75
/** Errors from which it is worth counting how many different pages they were. */
const SWEEP_ERRORS = 16
/** Sharpness of a payload that makes a first request hostile. */
const BARE = 0.5
const NO_ALERTS: readonly Alert[] = []

export const createEvidence = (options: EvidenceOptions, state: StateSpace): EvidenceRoom => {
  const weights = options.weights ?? WEIGHTS
  const thresholds = options.thresholds ?? THRESHOLDS
  const clean: StateTable<Actor> = state.table('evidence.clean')
  const marked: StateTable<Actor> = state.table('evidence.actor')
  const habits = createHabits(state)
  const around = createSurroundings(state)

  const find = ({ who, slot }: Client, now: Millis): Actor | undefined => {
    const known = marked.get(who, now)
    if (known) return known
    const row = clean.get(slot, now)
    return row?.who === who ? row : undefined
  }
  const keep = (actor: Actor, { slot }: Client): void => {
    if (actor.hostile) {
      marked.put(actor.who, actor, actor.seen + HOSTILE_LIFE)
      return
    }
    const held = clean.get(slot, actor.seen)
    // A passer-by does not take the row of a busy address: its history is what would spare it one day.
    if (held && held.who !== actor.who && held.requests >= BUSY && actor.seen - held.seen < BUSY_FOR) return
    clean.put(slot, actor, actor.seen + CLEAN_LIFE)
  }

  const weighed = (actor: Actor, now: Millis): Weighed =>
    weigh(actor, around.cleanVisible(actor.sensor, now), weights, thresholds)

  /** The alert that the actor's verdict deserves now, if it has not been given yet. */
  const announce = (actor: Actor, event: Event, now: Millis, news: boolean): readonly Alert[] => {
    const h = actor.hostile
    const held = heldBy(h, now)
    const due = h !== undefined && (h.matched >= 4 * (h.toldMatched ?? 0) || now - (h.toldAt ?? 0) >= AGAIN_AFTER)
    // Nothing is above a ban: until it is to be said again, what it weighs makes no difference.
    if (held === 'ban' && !due) return NO_ALERTS
    const found = weighed(actor, now)
    const { level } = found
    if (!level) return NO_ALERTS
    if (!h) {
      // Only a nuisance gets here: told once per window, which is as long as its counters run.
      const counter = actor.tries && isGuessing(actor) ? actor.tries : actor.missing
      if (!counter || counter.told) return NO_ALERTS
      counter.told = true
      return [alertOf(actor, event, level, found, around.clients(now), now)]
    }
    const risen = !held || RANK[level] > RANK[held]
    const again = due && (news || found.nuisance) && level === held
    if (!risen && !again) return NO_ALERTS
    h.verdict = level
    h.toldAt = now
    h.toldMatched = Math.max(1, h.matched)
    return [alertOf(actor, event, level, found, around.clients(now), now)]
  }

  const record = (actor: Actor, event: Event, reading: Reading, client: Client, now: Millis): boolean => {
    if (!actor.hostile) {
      if (clean.get(client.slot, now)?.who === actor.who) clean.delete(client.slot)
      actor.hostile = newHostile(now, actor.requests <= 1 && reading.probes.some((p) => p.sharp >= BARE))
    }
    const news = recordMatches(actor.hostile, event, reading, now)
    if (reading.habitKeys.length > 0)
      testify(habits, actor, client.hash, reading, around.cleanVisible(event.sensor, now), now)
    return news
  }

  /** The counters that every event moves, and who behind the address it was. */
  const count = (actor: Actor, event: Event, isClean: boolean, reading: Reading | undefined, now: Millis): void => {
    fade(actor, now)
    if (now > actor.seen) actor.seen = now
    actor.sensor = event.sensor
    actor.requests++
    if (isClean) actor.clean++
    const agent = nameHash(event.request.userAgent)
    const own = event.session === undefined ? agent : nameHash(event.session)
    const persona = personaOf(actor, own, agent, event.session !== undefined)
    if (!persona) return
    if (isClean) persona[1]++
    if (reading?.evidence) persona[2]++
    if (reading?.probes.some((p) => p.sharp >= UNMISTAKABLE)) persona[3]++
  }

  /** Statuses and log-ins; true when the actor may have become a nuisance. */
  const watchManners = (actor: Actor, event: Event, hasEvidence: boolean, now: Millis): boolean => {
    const tried = countTry(actor, event, now)
    const { status } = event.response
    if (status !== 404 && !(status === 403 && hasEvidence)) {
      countPresent(actor, now)
      return tried
    }
    const page = status === 404 ? foldHash(pathPattern(event.request.path)) : undefined
    return countMissing(actor, page, now).errors >= SWEEP_ERRORS || tried
  }

  return {
    pour(event, context: PourContext, trace) {
      const now = event.time
      const client = clientOf(event.clientIp)
      const known = find(client, now)
      const h = known?.hostile
      if (known && h && isSaturated(h) && now - (h.toldAt ?? 0) < AGAIN_AFTER && !trace.on) {
        if (evidenceOf(event).matches.length === 0) return NO_ALERTS
        h.matched++
        known.requests++
        keep(known, client)
        return NO_ALERTS
      }
      if (isOurs(event)) return NO_ALERTS
      const reading =
        event.matches.length === 0
          ? undefined
          : readEvent(event, habits.discountFor(client.hash, now), (page) => h?.tripped.includes(page) === true)
      const hasEvidence = reading?.evidence === true
      const isClean = !hasEvidence && event.response.status > 0 && event.response.status < 400
      around.count(event.sensor, client.hash, isClean, now)

      const actor = known ?? newActor(client.who, event.sensor, now)
      count(actor, event, isClean, reading, now)
      let judge = !context.restrained && watchManners(actor, event, hasEvidence, now)
      let news = false
      if (reading && hasEvidence) {
        news = record(actor, event, reading, client, now)
        judge ||= news || !actor.hostile?.verdict
      }
      if (trace.on) for (const reason of weighed(actor, now).reasons()) trace.why(reason)
      const alerts = judge ? announce(actor, event, now, news) : NO_ALERTS
      keep(actor, client)
      return alerts
    },

    standing(subject: Subject, now: Millis): Standing | undefined {
      const actor = find(clientNamed(subject.value), now)
      if (!actor) return undefined
      const { level, sum } = weighed(actor, now)
      const held = heldBy(actor.hostile, now)
      const verdict: Verdict | undefined = held && (!level || RANK[held] > RANK[level]) ? held : level
      return verdict ? { verdict, confidence: confidence(sum) } : undefined
    },

    conduct(subject: Subject, now: Millis): Conduct | undefined {
      const actor = find(clientNamed(subject.value), now)
      return actor ? conductOf(actor, around.clients(now)) : undefined
    },

    forget(subject: Subject, now: Millis): void {
      const { slot } = clientNamed(subject.value)
      marked.delete(subject.value)
      if (clean.get(slot, now)?.who === subject.value) clean.delete(slot)
    },
  }
}
