/** A decision for tests: a ban of an hour unless told otherwise; and a roster after a restart. */
import type { Decision } from '../core/decision.ts'
import type { Millis } from '../core/time.ts'
import type { HeldDecision } from '../kit/store.ts'
import type { ActiveRoster } from './roster.ts'

export const NOW = 1_800_000_000_000
let ids = 0

export const decision = (value: string, more: Partial<Decision> = {}): Decision => ({
  id: `d-${(++ids).toString(16).padStart(24, '0')}`,
  type: 'ban',
  scope: value.includes('/') ? 'Range' : 'Ip',
  value,
  origin: 'engine',
  scenario: 'sql-injection',
  attackClass: 'sqli',
  startsAt: NOW,
  until: NOW + 3_600_000,
  reason: 'test',
  reasons: [],
  events: [],
  simulated: false,
  ...more,
})

/** Fills a new roster as the daemon does from its store. */
export const restored = (
  roster: ActiveRoster,
  held: Iterable<HeldDecision>,
  ended: Iterable<HeldDecision>,
  endedSince: Millis,
  now: Millis,
): void => {
  for (const one of held) roster.hold(one, now)
  roster.resume(ended, endedSince, now)
}
