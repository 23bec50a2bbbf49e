/** What the scenarios ask of the evidence model: the two are built apart and meet only here. */
import type { Alert, Conduct, Verdict } from '../core/alert.ts'
import type { Event } from '../core/event.ts'
import type { Trace } from '../core/reason.ts'
import type { Subject } from '../core/subject.ts'
import type { Millis } from '../core/time.ts'

export interface PourContext {
  /** The client is under an active, enforced decision: what it gets to see is partly our own doing. */
  readonly restrained: boolean
}

/** What the sum of the evidence allows for a subject. Confidence 0 to 100. */
export interface Standing {
  readonly verdict: Verdict
  readonly confidence: number
}

export interface EvidenceRoom {
  /** Weighs the event. Returns alerts only when the verdict on the client rises. */
  pour(event: Event, context: PourContext, trace: Trace): readonly Alert[]
  /** Undefined when nothing speaks against the subject. */
  standing(subject: Subject, now: Millis): Standing | undefined
  conduct(subject: Subject, now: Millis): Conduct | undefined
  /** Drops what is held against the subject, after a person lifted a decision. */
  forget(subject: Subject, now: Millis): void
}
