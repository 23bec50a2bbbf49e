import type { Alert } from '../core/alert.ts'
import type { Reason, Trace } from '../core/reason.ts'
import type { Judged } from './rooms.ts'

/** Watches what becomes of alerts without taking part: summaries, live screens. */
export interface Observer {
  /** `reasons` is what `decide` said on the way, guards included. */
  judged(alert: Alert, judged: Judged, reasons: readonly Reason[]): void
}

/** Passes every reason on and keeps a copy. */
export class Listener implements Trace {
  readonly on = true
  readonly reasons: Reason[] = []
  readonly #next: Trace | undefined

  constructor(next?: Trace) {
    this.#next = next
  }

  why(reason: Reason): void {
    this.reasons.push(reason)
    if (this.#next?.on) this.#next.why(reason)
  }
}
