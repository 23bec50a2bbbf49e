/** Runs and their steps as people and the dispatcher see them, made of the engine's rows. */
import type { Millis } from '../core/time.ts'
import type { Backend } from './durable.ts'
import type { RunInput, RunOutcome, StepRecord } from './run-input.ts'

export interface RunView {
  readonly id: string
  readonly state: 'waiting' | 'running' | 'done' | 'stopped' | 'failed' | 'cancelled'
  readonly input: RunInput
  readonly startedAt: Millis
  readonly endedAt?: Millis
  /** Why it stopped or failed, and at which step. */
  readonly why?: string
  readonly step?: string
  /** Steps that were skipped, and why. */
  readonly skipped: Readonly<Record<string, string>>
}

export const isOver = ({ state }: RunView): boolean => state !== 'waiting' && state !== 'running'

export interface StepView {
  /** Way through the playbook; `#2` is the third attempt, `?0` an enquiry, `~` a wait, `!0` an undo. */
  readonly name: string
  readonly startedAt: Millis
  readonly endedAt?: Millis
  readonly record?: StepRecord
  readonly waitsUntil?: Millis
}

type WorkflowRun = NonNullable<Awaited<ReturnType<Backend['getWorkflowRun']>>>
type StepAttempt = NonNullable<Awaited<ReturnType<Backend['getStepAttempt']>>>

export const viewOf = (run: WorkflowRun): RunView => {
  const outcome = run.output as unknown as RunOutcome | null
  const over = { done: 'done', stopped: 'stopped', failed: 'failed' } as const
  const state =
    run.status === 'completed' || run.status === 'succeeded'
      ? over[outcome?.state ?? 'done']
      : run.status === 'failed'
        ? 'failed'
        : run.status === 'canceled'
          ? 'cancelled'
          : run.status === 'pending'
            ? 'waiting'
            : 'running'
  const why = outcome?.why ?? (run.error as { message?: string } | null)?.message
  return {
    id: run.id,
    state,
    input: run.input as unknown as RunInput,
    startedAt: (run.startedAt ?? run.createdAt).getTime(),
    ...(run.finishedAt ? { endedAt: run.finishedAt.getTime() } : {}),
    ...(why === undefined ? {} : { why }),
    ...(outcome?.step === undefined ? {} : { step: outcome.step }),
    skipped: outcome?.skipped ?? {},
  }
}

export const stepOf = (attempt: StepAttempt): StepView => {
  const context = attempt.context as { readonly resumeAt?: string; readonly timeoutAt?: string } | null
  const until = attempt.status === 'running' ? (context?.resumeAt ?? context?.timeoutAt) : undefined
  return {
    name: attempt.stepName,
    startedAt: (attempt.startedAt ?? attempt.createdAt).getTime(),
    ...(attempt.finishedAt ? { endedAt: attempt.finishedAt.getTime() } : {}),
    ...(attempt.kind === 'function' && attempt.output !== null
      ? { record: attempt.output as unknown as StepRecord }
      : {}),
    ...(until === undefined ? {} : { waitsUntil: Date.parse(until) }),
  }
}
