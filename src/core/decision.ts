import type { AttackClass } from './event.ts'
import type { Reason } from './reason.ts'
import type { Millis } from './time.ts'

/** Strength order: a decision is extended or strengthened, never weakened, by a later one. */
export const REMEDIATIONS = ['watch', 'throttle', 'captcha', 'ban'] as const
export type Remediation = (typeof REMEDIATIONS)[number]

/** Who decided. `engine` is us, `canary` our own measuring; an import or feed names itself. */
export type Origin = 'engine' | 'cli' | 'canary' | `feed:${string}` | `playbook:${string}` | `callback:${string}`

/** An instruction to the WAFs. At most one is active per scope and value. */
export interface Decision {
  readonly id: string
  readonly alert?: string
  readonly type: Remediation
  readonly scope: 'Ip' | 'Range'
  readonly value: string
  readonly origin: Origin
  readonly scenario: string
  /** What it did, for category codes; absent where nobody said. */
  readonly attackClass?: AttackClass
  readonly startsAt: Millis
  readonly until: Millis
  /** One line for a person. */
  readonly reason: string
  readonly reasons: readonly Reason[]
  readonly events: readonly string[]
  /** Kept and shown, but not enforced (shadow mode). */
  readonly simulated: boolean
  /** Set when a person or a newer fact ended it before `until`. */
  readonly withdrawnAt?: Millis
  readonly withdrawnBy?: string
}

export const isActive = (d: Decision, at: Millis): boolean =>
  d.withdrawnAt === undefined && d.startsAt <= at && at < d.until

/** Where a decision applies, as one key. */
export const decisionKey = (d: Pick<Decision, 'scope' | 'value'>): string => `${d.scope} ${d.value}`
