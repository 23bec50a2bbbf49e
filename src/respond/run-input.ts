/** What a run is started with, what is remembered of its steps, and how it ends. All of it JSON, kept by the engine. */
import type { Millis } from '../core/time.ts'
import type { Trigger } from '../core/trigger.ts'
import type { CaseFile } from '../kit/case-file.ts'

export interface RunInput {
  /** Stable over retries of the run: idempotency keys are `root/step`. */
  readonly root: string
  /** Number in the queue, for those that came from there. */
  readonly queued?: number
  readonly playbook: string
  readonly version: string
  /** The text of the playbook and of those that it calls, as they were when it started. */
  readonly texts: Readonly<Record<string, string>>
  /** Connectors that there were when it started: steps of others are skipped. Absent: it is found out step by step. */
  readonly connectors?: readonly string[]
  readonly trigger: Trigger
  readonly case: CaseFile | null
  readonly vars?: Readonly<Record<string, unknown>>
  /** What an earlier run of the same root has done already, by step. */
  readonly done?: Readonly<Record<string, StepRecord>>
  /** Take back what was done, instead of going on. */
  readonly undo?: boolean
}

/** `retry`: this attempt failed, the next one comes after `after` ms. */
export type StepState = 'done' | 'skipped' | 'failed' | 'retry'

export interface StepRecord {
  readonly state: StepState
  readonly at: Millis
  /** `connector.action`. */
  readonly called?: string
  readonly output?: unknown
  /** What would have been sent was shown; there is no real output. */
  readonly dry?: boolean
  /** Why it was skipped or failed; a Failure's code, text and remedy. */
  readonly code?: string
  readonly why?: string
  readonly remedy?: string
  readonly after?: Millis
  /** Attempts beyond this one make no sense: by the kind of action, where the playbook does not say. */
  readonly mostRetries?: number
  /** The outside has accepted it, and can be asked whether it is done. */
  readonly confirmable?: boolean
  /** Whether the outside was asked, and says that it is done. */
  readonly confirmed?: boolean
}

export interface RunOutcome {
  /** `stopped`: it ended early, as the playbook has it. */
  readonly state: 'done' | 'stopped' | 'failed'
  readonly why?: string
  /** The step at which it failed. */
  readonly step?: string
  /** Steps that were skipped, and why. */
  readonly skipped?: Readonly<Record<string, string>>
}
