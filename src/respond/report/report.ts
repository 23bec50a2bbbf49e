/**
 * The report of one incident: what happened, who decided what, whether it was enforced and proved, what playbooks did.
 * In: facts from the store. Out: plain values, in order of time, for the pages that draw them. Nothing is decided here.
 */
import type { Millis } from '../../core/time.ts'
import type { CaseFile } from '../../kit/case-file.ts'
import type { Proof } from '../../kit/store.ts'

export interface ReportFacts {
  readonly case: CaseFile
  readonly proofs: readonly Proof[]
  readonly acts: readonly {
    readonly at: Millis
    readonly actor: string
    readonly verb: string
    readonly subject: string
    /** What somebody noted. */
    readonly text?: string
  }[]
  readonly runs: readonly {
    readonly playbook: string
    readonly state: string
    readonly startedAt: Millis
    readonly steps: readonly string[]
  }[]
  readonly madeAt: Millis
}

export interface Moment {
  readonly at: Millis
  readonly kind: 'event' | 'decision' | 'proof' | 'run' | 'act'
  /** Our words. */
  readonly text: string
  /** What a client wrote: to be shown as code. */
  readonly seen?: string
}

const STEPS = ['appliedAt', 'verifiedAt'] as const
const WORDS = { appliedAt: 'applied', verifiedAt: 'verified' } as const

/** Everything in order of time. */
export const timeLine = ({ case: file, proofs, acts, runs }: ReportFacts): readonly Moment[] =>
  [
    ...file.events.map(
      (event): Moment => ({
        at: Date.parse(event.time),
        kind: 'event',
        text: `${event.disposition}, score ${event.threatScore}: ${event.attackClasses.join(', ') || 'request'} (${event.matches
          .map(({ ruleId }) => ruleId)
          .join(', ')})`,
        seen: `${event.request.method} ${event.request.host}${event.request.uri}`,
      }),
    ),
    ...file.decisions.map(
      (decision): Moment => ({
        at: Date.parse(decision.startsAt),
        kind: 'decision',
        text: `${decision.type} until ${decision.until} by ${decision.origin} (${decision.reference})${decision.simulated ? ', not enforced' : ''}`,
      }),
    ),
    ...proofs.flatMap((proof) =>
      STEPS.flatMap((step): readonly Moment[] => {
        const at = proof[step]
        return at === undefined ? [] : [{ at, kind: 'proof', text: `${proof.act} ${WORDS[step]} at ${proof.point}` }]
      }),
    ),
    ...runs.map(
      (run): Moment => ({
        at: run.startedAt,
        kind: 'run',
        text: `playbook ${run.playbook}: ${run.state}${run.steps.length === 0 ? '' : ` (${run.steps.join(', ')})`}`,
      }),
    ),
    ...acts.map(
      ({ at, verb, subject, actor, text }): Moment => ({
        at,
        kind: 'act',
        text: text === undefined ? `${verb} ${subject} by ${actor}` : `${actor}: ${text}`,
      }),
    ),
  ].sort((a, b) => a.at - b.at)

/** Events per slice of the incident's time, for a chart. */
export const slices = (file: CaseFile, count: number): readonly number[] => {
  const [from, to] = [Date.parse(file.openedAt), Date.parse(file.lastAt)]
  const width = Math.max(1, (to - from) / count)
  const bars = new Array<number>(count).fill(0)
  for (const { time } of file.events) {
    const at = Math.min(count - 1, Math.max(0, Math.floor((Date.parse(time) - from) / width)))
    bars[at]!++
  }
  return bars
}
