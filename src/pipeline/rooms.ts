/**
 * What the pipeline asks of the rooms. `app` builds them from the configuration; tests may build smaller houses.
 * All of it is synchronous and runs on log time: the daemon, `replay`, `explain` and the scenario tests call the same functions.
 */
import type { Act, AllowEntry, Command } from '../core/act.ts'
import type { Alert, Incident } from '../core/alert.ts'
import type { Decision } from '../core/decision.ts'
import type { Event, RawRef, Transaction } from '../core/event.ts'
import type { Finding } from '../core/finding.ts'
import type { Trace } from '../core/reason.ts'
import type { Subject } from '../core/subject.ts'
import type { Millis } from '../core/time.ts'
import type { StateSpace } from '../kit/state.ts'

export type Classify = (
  transaction: Transaction,
  at: { readonly id: string; readonly sensor: string; readonly raw: RawRef },
  trace: Trace,
) => { readonly event: Event; readonly untrustedHeaders: number }

export interface Judged {
  readonly decisions: readonly Decision[]
  readonly acts: readonly Act[]
  readonly findings: readonly Finding[]
}

export interface Commanded extends Judged {
  readonly ok: boolean
  readonly text: string
  readonly allowlist: readonly { readonly value: string; readonly entry: AllowEntry | null }[]
  /** Whose evidence is to be forgotten (unban, allowlisting). */
  readonly forget?: Subject
}

export interface Rooms {
  readonly state: StateSpace
  /** Takes our own measuring requests out of the stream; undefined where nobody measures. */
  readonly canary?: { hear(event: Event): Pick<Judged, 'decisions'> | undefined }
  readonly correlator: {
    pour(event: Event, context: { readonly restrained: boolean }, trace: Trace): readonly Alert[]
    forget(subject: Subject, now: Millis): void
  }
  readonly incidents: {
    add(alert: Alert): Incident
    close(id: string, now: Millis): Incident | undefined
  }
  readonly decider: {
    judge(alert: Alert, trace: Trace): Judged
    command(command: Command, by: string, at: Millis): Commanded
    isRestrained(clientIp: string, at: Millis): boolean
    /** Drops decisions that ended at `until` or before. */
    forget(until: Millis): void
  }
}
