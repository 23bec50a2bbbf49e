/** What a run did, for one that goes on in its place: the last record of each step. */

import type { StepRecord } from './run-input.ts'
import type { StepView } from './run-view.ts'

/** `name#2` is an attempt at `name`; enquiries, waits and undos are no steps. */
const STEP = /^(.*?)(?:#\d+)?$/
const NO_STEP = /[?~!]\d*~?$/

export const takenOver = (
  steps: readonly StepView[],
  before: Readonly<Record<string, StepRecord>> = {},
): Readonly<Record<string, StepRecord>> => {
  const done: Record<string, StepRecord> = { ...before }
  for (const { name, record } of steps) {
    if (NO_STEP.test(name) || record?.state === undefined) continue
    done[STEP.exec(name)![1]!] = record
  }
  return done
}
