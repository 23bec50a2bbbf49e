/** What a bucket remembers of its events, beside its level: enough to write the alert, never more. */
import { ATTACK_CLASSES, type AttackClass, type Event, type Severity } from '../core/event.ts'
import type { Millis } from '../core/time.ts'

/** At most 32 event ids per alert: the first and the latest. */
const FIRST = 16
const LATEST = 16

const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical']

export interface Tally {
  seen: number
  since: Millis
  last: Millis
  events: string[]
  severity: Severity
  classes: AttackClass[]
}

export const worse = (a: Severity, b: Severity): Severity => (SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b) ? a : b)

/** One more id, without the set that joining two lists needs: this runs for every counted event. */
const withId = (ids: readonly string[], id: string): string[] => {
  const next = ids.slice()
  if (next.at(-1) === id) return next
  if (next.length >= FIRST + LATEST) {
    next.copyWithin(FIRST, FIRST + 1)
    next.pop()
  }
  next.push(id)
  return next
}

export const joinIds = (a: readonly string[], b: readonly string[]): string[] => {
  const ids = [...new Set([...a, ...b])]
  return ids.length <= FIRST + LATEST ? ids : [...ids.slice(0, FIRST), ...ids.slice(-LATEST)]
}

export const joinClasses = (a: readonly AttackClass[], b: readonly AttackClass[]): AttackClass[] =>
  b.every((c) => a.includes(c)) ? (a as AttackClass[]) : ATTACK_CLASSES.filter((c) => a.includes(c) || b.includes(c))

export const tallied = (tally: Tally | undefined, event: Event, classes: readonly AttackClass[]): Tally => {
  if (!tally)
    return {
      seen: 1,
      since: event.time,
      last: event.time,
      events: [event.id],
      severity: event.severity,
      classes: [...classes],
    }
  return {
    seen: tally.seen + 1,
    since: Math.min(tally.since, event.time),
    last: Math.max(tally.last, event.time),
    events: withId(tally.events, event.id),
    severity: worse(tally.severity, event.severity),
    classes: joinClasses(tally.classes, classes),
  }
}

/** Two tallies of the same actor and scenario: what was held back while the scenario was quiet, and what came now. */
export const joinTallies = (a: Tally, b: Tally): Tally => ({
  seen: a.seen + b.seen,
  since: Math.min(a.since, b.since),
  last: Math.max(a.last, b.last),
  events: b.events.length === 1 ? withId(a.events, b.events[0]!) : joinIds(a.events, b.events),
  severity: worse(a.severity, b.severity),
  classes: joinClasses(a.classes, b.classes),
})
