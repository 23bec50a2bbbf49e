/**
 * Correlation: events in, alerts out.
 *
 * Enters: one event at a time, in log order, and whether its client is already restrained. Leaves: the alerts that
 * this event completed, of the evidence model first, then of the scenarios in the order in which they were given.
 * Promised: a pure fold on log time. All memory lies in the state tables, so a snapshot taken after any event and
 * restored goes on with the same alerts and ids; batches do not show. A clean event touches no row. Nothing throws:
 * a filter that fails is no match, counted.
 *
 * What our own enforcement causes is never evidence: rules that carry out decisions are not matches, and the
 * statuses that a restrained client gets to see are not counted.
 */
import type { Alert, Verdict } from '../core/alert.ts'
import { ATTACK_CLASSES, type Event } from '../core/event.ts'
import type { Reason, Trace } from '../core/reason.ts'
import type { Subject } from '../core/subject.ts'
import type { Millis } from '../core/time.ts'
import type { StateSpace, StateTable } from '../kit/state.ts'
import { bucketKey, createActors, isKeyOf } from './actor.ts'
import { boundedPut } from './bounded-put.ts'
import { EventView } from './event-view.ts'
import type { EvidenceRoom, PourContext, Standing } from './evidence-room.ts'
import { marksOf } from './marks.ts'
import { createOpinion } from './opinion.ts'
import { alertOf, reasonOf, reasonsOf, rulingOf } from './overflow-alert.ts'
import { type Evidence, evidenceOf } from './own-rules.ts'
import { rank, type Scenario } from './scenario.ts'
import { copyOf, count, join, newTally, type Tally } from './tally.ts'
import type { Drop } from './types/bucket.ts'
import { LATE } from './types/in-order.ts'

export interface CorrelatorOptions {
  /** Of two with the same name the later one counts: an operator's own file replaces a shipped one. */
  readonly scenarios: readonly Scenario[]
  readonly evidence?: EvidenceRoom
}

export interface Correlator {
  pour(event: Event, context: PourContext, trace: Trace): readonly Alert[]
  /** Empties every bucket of the subject, after a person lifted a decision on it. */
  forget(subject: Subject, now: Millis): void
  /** Filters that could not be evaluated, by scenario, since the start. */
  filterErrors(): Readonly<Record<string, number>>
}

/** Rows are changed in place and put again, which says that they are to be written: most events change some. */
interface BucketRow {
  tally: Tally
  bucket: unknown
}

/** What a scenario last said of an actor, and what it has held back since. */
interface SaidRow {
  readonly verdict: Verdict
  /** Until then only a rising verdict is worth another alert. */
  readonly quietUntil: Millis
  /** Of the alert that was given, as long as a later confirmation may cite it. Shared with that alert: never changed. */
  readonly given?: Tally
  held?: Tally
}

interface Running {
  readonly scenario: Scenario
  readonly buckets: StateTable<BucketRow>
  readonly said: StateTable<SaidRow>
  /** The classes of which an event must have one to pass the filter, as bits. */
  readonly classes: number
  readonly drop: { -readonly [K in keyof Drop]: Drop[K] }
}

const BIT: Readonly<Record<string, number>> = Object.fromEntries(ATTACK_CLASSES.map((name, i) => [name, 1 << i]))
const ANY_CLASS = -1

const bitsOf = (classes: Iterable<string>): number => {
  let bits = 0
  for (const name of classes) bits |= BIT[name] ?? 0
  return bits
}

/** Not when the last word was spoken by a clock that had jumped ahead. */
const isQuiet = ({ scenario }: Running, { quietUntil }: SaidRow, now: Millis): boolean =>
  now < quietUntil && now >= quietUntil - scenario.quiet - LATE

/** Whether a rise of the evidence could still make more of what was said. */
const mayRise = ({ scenario }: Running, verdict: Verdict): boolean =>
  scenario.requiresEvidence && rank(verdict) < rank(scenario.verdict)

/** What was held back so far and what came now; changes `held`. */
const joined = (held: Tally | undefined, tally: Tally | undefined, event: Event, here: Evidence): Tally => {
  if (!held) return tally ?? newTally(event, here.classes)
  if (tally) join(held, tally)
  else count(held, event, here.classes)
  return held
}

const filled = ({ name, bucket }: Scenario, seen: number, overflow: boolean): Reason => ({
  stage: 'correlate',
  code: overflow ? 'bucket.overflow' : 'bucket.filled',
  text: `${name}: ${seen} counted (${bucket.limit})`,
})

const NO_ALERTS: readonly Alert[] = []

export const createCorrelator = (options: CorrelatorOptions, state: StateSpace): Correlator => {
  const { evidence } = options
  const actors = createActors()
  const opinion = createOpinion(evidence)
  const view = new EventView()
  const running: Running[] = [...new Map(options.scenarios.map((scenario) => [scenario.name, scenario])).values()]
    .filter((scenario) => scenario.enabled)
    .map((scenario) => ({
      scenario,
      buckets: state.table<BucketRow>(`bucket/${scenario.name}`),
      said: state.table<SaidRow>(`said/${scenario.name}`),
      classes: scenario.filter?.classes ? bitsOf(scenario.filter.classes) : ANY_CLASS,
      drop: { now: 0, marks: [], passes: (step) => scenario.steps[step]!.test(view) },
    }))

  const onAny = running.filter((r) => r.scenario.on.kind === 'any')
  const onMatches = running.filter((r) => r.scenario.on.kind === 'matches')
  const onRemedies = running.filter((r) => r.scenario.on.kind === 'remedies')
  const onStatus = new Map<number, Running[]>()
  for (const r of running)
    if (r.scenario.on.kind === 'status')
      for (const status of r.scenario.on.statuses) onStatus.set(status, [...(onStatus.get(status) ?? []), r])
  const needEvidence = running.filter((r) => r.scenario.requiresEvidence)

  /** A bucket has overflowed: an alert, unless the same was said a moment ago. No tally: this one event did it. */
  const overflow = (
    r: Running,
    subject: Subject,
    tally: Tally | undefined,
    event: Event,
    here: Evidence,
    alerts: Alert[],
    trace: Trace,
  ): void => {
    const now = tally?.last ?? event.time
    const said = r.said.get(subject.value, now)
    if (!said) {
      alerts.push(speak(r, subject, tally ?? newTally(event, here.classes), event, trace))
      return
    }
    const whole = joined(said.held, tally, event, here)
    if (!isQuiet(r, said, now) || hasRisen(r, subject, said)) {
      alerts.push(speak(r, subject, whole, event, trace))
      return
    }
    said.held = whole
    r.said.put(subject.value, said, said.quietUntil + LATE)
    if (trace.on)
      trace.why({
        stage: 'correlate',
        code: 'scenario.quiet',
        text: `${r.scenario.name} again, said already as ${said.verdict}; counted`,
      })
  }

  const hasRisen = (r: Running, subject: Subject, said: SaidRow): boolean =>
    rank(said.verdict) < rank(r.scenario.verdict) &&
    rank(rulingOf(r.scenario, subject, opinion.standing(subject), opinion).verdict) > rank(said.verdict)

  const speak = (r: Running, subject: Subject, tally: Tally, event: Event, trace: Trace): Alert => {
    const standing = opinion.standing(subject)
    const ruling = rulingOf(r.scenario, subject, standing, opinion)
    const reason = reasonOf(ruling, r.scenario, subject, standing, opinion)
    return say(r, subject, tally, ruling.verdict, standing, event, reason, trace)
  }

  const say = (
    r: Running,
    subject: Subject,
    tally: Tally,
    verdict: Verdict,
    standing: Standing | undefined,
    event: Event,
    extra: Reason | undefined,
    trace: Trace,
  ): Alert => {
    const reasons = reasonsOf(r.scenario, tally, extra)
    const quietUntil = tally.last + r.scenario.quiet
    const given = mayRise(r, verdict) ? { given: tally } : {}
    boundedPut(r.said, subject.value, { verdict, quietUntil, ...given }, quietUntil + LATE)
    if (trace.on) for (const reason of reasons) trace.why(reason)
    return alertOf(r.scenario, subject, tally, verdict, standing, event, reasons, opinion)
  }

  /** The evidence has risen: what scenarios could only watch so far may now be what they wanted it to be. */
  const confirm = (subject: Subject, event: Event, here: Evidence, alerts: Alert[], trace: Trace): void => {
    for (const r of needEvidence) {
      const now = event.time
      const said = r.said.get(subject.value, now)
      if (!said?.given || !isQuiet(r, said, now)) continue
      if (alerts.some((a) => a.scenario === r.scenario.name)) continue
      const standing = opinion.standing(subject)
      const { verdict } = rulingOf(r.scenario, subject, standing, opinion)
      if (rank(verdict) <= rank(said.verdict)) continue
      const tally = copyOf(said.given)
      if (said.held) join(tally, said.held)
      if (!tally.events.includes(event.id)) count(tally, event, here.classes)
      const reason: Reason = {
        stage: 'correlate',
        code: 'scenario.confirmed',
        text: `said as ${said.verdict} before; the evidence has since risen to ${standing?.verdict ?? 'nothing'}`,
      }
      alerts.push(say(r, subject, tally, verdict, standing, event, reason, trace))
    }
  }

  const pourInto = (r: Running, classes: number, event: Event, here: Evidence, alerts: Alert[], trace: Trace): void => {
    const { scenario } = r
    if (r.classes !== ANY_CLASS && (r.classes & classes) === 0) return
    if (scenario.filter && !scenario.filter.test(view)) return
    const subject = scenario.key === 'network' ? actors.network(event.clientIp) : actors.client(event.clientIp)
    if (scenario.bucket.atOnce) {
      if (trace.on) trace.why(filled(scenario, 1, true))
      overflow(r, subject, undefined, event, here, alerts, trace)
      return
    }
    const key = bucketKey(scenario.key, subject, event)
    const row = r.buckets.get(key, event.time)
    r.drop.now = event.time
    r.drop.marks = marksOf(scenario.distinct, event, here)
    const poured = scenario.bucket.pour(row?.bucket, r.drop)
    if (poured.ignored) {
      if (poured.bucket === undefined && row) r.buckets.delete(key)
      return
    }
    let tally = poured.fresh ? undefined : row?.tally
    if (tally) count(tally, event, here.classes)
    else tally = newTally(event, here.classes)
    if (poured.bucket === undefined) {
      if (row) r.buckets.delete(key)
    } else if (row) {
      row.tally = tally
      row.bucket = poured.bucket
      r.buckets.put(key, row, poured.until + LATE)
    } else boundedPut(r.buckets, key, { tally, bucket: poured.bucket }, poured.until + LATE)
    if (trace.on) trace.why(filled(scenario, tally.seen, poured.overflow === true))
    if (poured.overflow) overflow(r, subject, tally, event, here, alerts, trace)
  }

  return {
    pour(event, context, trace) {
      const risen = evidence ? evidence.pour(event, context, trace) : NO_ALERTS
      opinion.renew(event.time)
      const status = context.restrained ? undefined : onStatus.get(event.response.status)
      if (event.matches.length === 0 && status === undefined && onAny.length === 0 && risen.length === 0) return risen

      const here = evidenceOf(event)
      view.show(event, here)
      const classes = bitsOf(here.classes)
      const alerts: Alert[] = risen.length > 0 ? [...risen] : []
      // A denial by the WAF's own rules is no answer of the site: it says nothing about pages or passwords.
      if (status && !(here.matches.length > 0 && event.disposition === 'blocked'))
        for (const r of status) {
          const on = r.scenario.on as Extract<Scenario['on'], { kind: 'status' }>
          if (on.methods === undefined || on.methods.includes(event.request.method))
            pourInto(r, classes, event, here, alerts, trace)
        }
      if (!context.restrained) for (const r of onAny) pourInto(r, classes, event, here, alerts, trace)
      if (here.matches.length > 0) for (const r of onMatches) pourInto(r, classes, event, here, alerts, trace)

      if (risen.length > 0) confirm(actors.client(event.clientIp), event, here, alerts, trace)
      if (onRemedies.length > 0 && !context.restrained && alerts.some((a) => a.verdict !== 'watch'))
        for (const r of onRemedies) pourInto(r, classes, event, here, alerts, trace)
      return alerts
    },

    forget(subject, now) {
      evidence?.forget(subject, now)
      for (const { scenario, buckets, said } of running) {
        said.delete(subject.value)
        if (scenario.key === 'client' || scenario.key === 'network') buckets.delete(subject.value)
        else for (const [key] of [...buckets.entries(now)]) if (isKeyOf(key, subject)) buckets.delete(key)
      }
    },

    filterErrors() {
      const errors: Record<string, number> = {}
      for (const { scenario } of running) {
        const sum = [scenario.filter, scenario.unless, ...scenario.steps].reduce((n, f) => n + (f?.errors ?? 0), 0)
        if (sum > 0) errors[scenario.name] = sum
      }
      return errors
    },
  }
}
