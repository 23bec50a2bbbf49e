/**
 * What a bucket remembers of its events, beside its level: enough to write the alert, never more. A tally lies in a
 * state row and is counted up in place, because this runs for every counted event; what an alert cites is its own.
 */
import { ATTACK_CLASSES, type AttackClass, type Event, type Severity } from '../core/event.ts'
import type { Millis } from '../core/time.ts'

/** At most 32 event ids per alert: the first and the latest. */
const FIRST = 16
const LATEST = 16
const MOST = FIRST + LATEST
const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical']

export interface Tally {
  seen: number
  since: Millis
  last: Millis
  readonly events: string[]
  severity: Severity
  classes: readonly AttackClass[]
}

export const worse = (a: Severity, b: Severity): Severity =>
  a === b || SEVERITIES.indexOf(a) > SEVERITIES.indexOf(b) ? a : b

/** By hand: `copyWithin` on an array of strings takes a hundred times as long. */
const addId = (ids: string[], id: string): void => {
  if (ids.length < MOST) {
    ids.push(id)
    return
  }
  for (let i = FIRST; i < MOST - 1; i++) ids[i] = ids[i + 1]!
  ids[MOST - 1] = id
}

/** No id is looked for in the list: the tallies of a scenario share no event, and reading 32 texts for each costs more. */
const addIds = (ids: string[], more: readonly string[]): void => {
  for (const id of more) ids.push(id)
  if (ids.length > MOST) ids.splice(FIRST, ids.length - MOST)
}

export const joinClasses = (a: readonly AttackClass[], b: readonly AttackClass[]): readonly AttackClass[] => {
  if (a === b) return a
  for (const c of b) if (!a.includes(c)) return ATTACK_CLASSES.filter((x) => a.includes(x) || b.includes(x))
  return a
}

export const newTally = (event: Event, classes: readonly AttackClass[]): Tally => ({
  seen: 1,
  since: event.time,
  last: event.time,
  events: [event.id],
  severity: event.severity,
  classes,
})

/** Counts one more event into the tally. */
export const count = (tally: Tally, event: Event, classes: readonly AttackClass[]): void => {
  tally.seen++
  if (event.time < tally.since) tally.since = event.time
  if (event.time > tally.last) tally.last = event.time
  if (tally.events.at(-1) !== event.id) addId(tally.events, event.id)
  tally.severity = worse(tally.severity, event.severity)
  tally.classes = joinClasses(tally.classes, classes)
}

/** Counts into `into` what another tally of the same actor and scenario has seen, later or at the same time. */
export const join = (into: Tally, from: Tally): void => {
  into.seen += from.seen
  into.since = Math.min(into.since, from.since)
  into.last = Math.max(into.last, from.last)
  addIds(into.events, from.events)
  into.severity = worse(into.severity, from.severity)
  into.classes = joinClasses(into.classes, from.classes)
}

/** To go on counting without changing what an alert has cited already. */
export const copyOf = (tally: Tally): Tally => ({ ...tally, events: tally.events.slice() })
