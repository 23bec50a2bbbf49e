import type { Severity } from './event.ts'
import type { Millis } from './time.ts'

export const TRIGGER_KINDS = [
  'alert.raised',
  'incident.opened',
  'incident.updated',
  'incident.escalated',
  'incident.closed',
  'decision.added',
  'decision.withdrawn',
  'decision.expired',
  'schedule',
  'manual',
] as const
export type TriggerKind = (typeof TRIGGER_KINDS)[number]

/** Something that a playbook may answer. Ids only: what is handed out is read when the run starts, and is then the newest. */
export interface Trigger {
  readonly kind: TriggerKind
  readonly at: Millis
  readonly severity: Severity
  /** Whom it is about: an address or network; empty for schedules. */
  readonly subject: string
  readonly alert?: string
  readonly incident?: string
  readonly decision?: string
  /** Of a decision: `ban`, `throttle`, …, and who made it. */
  readonly type?: string
  readonly origin?: string
  /** What was given by hand; JSON. */
  readonly data?: unknown
}

/** One that waits and one that comes to it, as one: the newer, but that something was updated says less than what waits. */
export const mergedTrigger = (waiting: Trigger, news: Trigger): Trigger =>
  news.kind === 'incident.updated' ? { ...news, kind: waiting.kind } : news
