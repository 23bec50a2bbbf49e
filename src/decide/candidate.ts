/** A decision on its way through the guards. */
import type { Alert } from '../core/alert.ts'
import type { Remediation } from '../core/decision.ts'
import type { Cidr } from '../core/ip.ts'
import type { NetworkKey } from '../core/network-key.ts'
import type { Reason } from '../core/reason.ts'
import type { Subject } from '../core/subject.ts'
import type { Millis } from '../core/time.ts'

export interface Candidate {
  readonly subject: Subject
  /** What the decision would cover. */
  readonly cidr: Cidr
  readonly type: Remediation
  readonly at: Millis
  /** Absent when a person asks: a person is not overruled by statistics, only by the allowlist and the special addresses. */
  readonly alert?: Alert
  readonly simulated: boolean
}

/** What a guard says. Undefined: it has no objection. Guards only weaken. */
export type Ruling =
  | { readonly kind: 'refuse'; readonly reason: Reason }
  | { readonly kind: 'weaken'; readonly to: Remediation; readonly reason: Reason }
  | undefined

export interface Guard {
  readonly name: string
  /** Said in the trace when it has no objection. */
  readonly passes: string
  rule(candidate: Candidate): Ruling
}

/** A guard of places: it asks only where the decision lies. */
export interface PlaceGuard extends Guard {
  /** False only where `rule` has no objection: a look at a million places must not cost a million rulings. */
  mayTouch(key: NetworkKey): boolean
}

export const because = (code: string, text: string): Reason => ({ stage: 'decide', code, text })
