import type { AttackClass, Severity } from './event.ts'
import type { Reason } from './reason.ts'
import type { Subject } from './subject.ts'
import type { Millis } from './time.ts'

/** What a scenario asks for; `decide` may weaken it, never strengthen it. */
export type Verdict = 'watch' | 'throttle' | 'captcha' | 'ban'

/** How the subject behaved over the window that the evidence covers: what the guards of `decide` judge by. */
export interface Conduct {
  readonly requests: number
  readonly matched: number
  /** Requests without any evidence. */
  readonly clean: number
  readonly userAgents: number
  /** Distinct session cookies or tokens, by keyed hash. */
  readonly sessions: number
  /** Clients seen by the engine in the same window: what the ban budget is a share of. */
  readonly clientsSeen: number
}

/** A scenario fired. Immutable. */
export interface Alert {
  readonly id: string
  readonly scenario: string
  readonly subject: Subject
  readonly sensor: string
  readonly startedAt: Millis
  readonly stoppedAt: Millis
  readonly eventCount: number
  /** At most 32 ids: the first and the latest. */
  readonly events: readonly string[]
  readonly attackClasses: readonly AttackClass[]
  readonly severity: Severity
  /** 0 to 100: how far we believe it. */
  readonly confidence: number
  readonly verdict: Verdict
  /** How long the scenario wants its verdict to last; absent: the profile's own. */
  readonly duration?: Millis
  readonly escalate?: boolean
  readonly conduct?: Conduct
  readonly reasons: readonly Reason[]
}

/** Alerts of one actor in one campaign window, worked as one case. */
export interface Incident {
  readonly id: string
  readonly subject: Subject
  readonly openedAt: Millis
  readonly lastAt: Millis
  readonly state: 'open' | 'closed'
  readonly severity: Severity
  readonly escalated: boolean
  /** The alert that escalated it first. */
  readonly escalatedBy?: string
  readonly alertCount: number
  readonly eventCount: number
  readonly scenarios: readonly string[]
  readonly attackClasses: readonly AttackClass[]
  readonly alerts: readonly string[]
}
