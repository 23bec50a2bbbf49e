import type { Remediation } from '../core/decision.ts'
import type { Finding } from '../core/finding.ts'
import type { Reason, Trace } from '../core/reason.ts'
import { because, type Candidate, type Guard } from './candidate.ts'

/** What the guards leave of a candidate: its type, or undefined. A guard that fails refuses. */
export const guarded = (
  candidate: Candidate,
  guards: readonly Guard[],
  trace: Trace,
  findings: Finding[],
): { readonly type: Remediation | undefined; readonly reasons: readonly Reason[] } => {
  let current = candidate
  const reasons: Reason[] = []
  for (const guard of guards) {
    try {
      const ruling = guard.rule(current)
      if (!ruling) {
        if (trace.on) trace.why(because(`passed.${guard.name.replace('-', '_')}`, guard.passes))
        continue
      }
      reasons.push(ruling.reason)
      if (trace.on) trace.why(ruling.reason)
      if (ruling.kind === 'refuse') return { type: undefined, reasons }
      current = { ...current, type: ruling.to }
    } catch (error) {
      const reason = because('guard.error', `guard ${guard.name} failed; without it nothing is decided`)
      if (trace.on) trace.why(reason)
      findings.push({
        code: 'decide.guard_error',
        level: 'error',
        subject: guard.name,
        text: `Guard ${guard.name} failed: ${error instanceof Error ? error.name : 'unknown error'}.`,
        remedy: 'No decision is made while a guard fails. Report this with the alert that caused it.',
        at: candidate.at,
      })
      return { type: undefined, reasons: [...reasons, reason] }
    }
  }
  return { type: current.type, reasons }
}
