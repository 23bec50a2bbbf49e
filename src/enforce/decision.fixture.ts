/** A decision for tests: a ban of an hour unless told otherwise. */
import type { Decision } from '../core/decision.ts'

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
