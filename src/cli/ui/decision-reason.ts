import type { Decision } from '../../core/decision.ts'

/** A decision's one line for a person, without the name of the scenario, which stands beside it wherever it is shown. */
export const decisionReason = (d: Decision): string =>
  d.reason.startsWith(`${d.scenario}: `) ? d.reason.slice(d.scenario.length + 2) : d.reason
