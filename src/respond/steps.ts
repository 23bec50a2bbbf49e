/** What a playbook is made of once it is compiled: the triggers it answers and the steps it takes. */
import type { Severity } from '../core/event.ts'
import type { Millis } from '../core/time.ts'
import type { Expression } from './expression.ts'
import type { Template } from './template.ts'

export interface Trigger {
  /** `incident.opened`, `decision.added`, `schedule`, … */
  readonly kinds: readonly string[]
  readonly schedule?: string
  readonly severity?: Severity
  readonly types?: readonly string[]
  readonly if?: Expression
}

export interface StepBase {
  readonly id: string
  /** Where it stands in the file, for messages. */
  readonly place: string
  readonly if?: Expression
}

export interface ActionStep extends StepBase {
  readonly kind: 'action'
  readonly connector: string
  readonly action: string
  readonly with: Template
  readonly timeout?: Millis
  readonly retries?: number
  readonly onError: 'stop' | 'continue' | 'undo'
}

export interface ApprovalStep extends StepBase {
  readonly kind: 'approval'
  readonly ask: Template
  readonly quorum: number
  readonly expires: Millis
  readonly default: 'approve' | 'reject'
  readonly onReject: 'stop' | 'continue'
  /** Those who get a link of their own. */
  readonly people: readonly string[]
  /** Carried out once the question is put; `question` is among their items. */
  readonly tell: readonly Step[]
}

export type Step =
  | ActionStep
  | ApprovalStep
  | (StepBase & { readonly kind: 'parallel'; readonly branches: readonly (readonly Step[])[] })
  | (StepBase & {
      readonly kind: 'foreach'
      readonly in: Expression
      readonly as: string
      readonly most: number
      readonly steps: readonly Step[]
    })
  | (StepBase & {
      readonly kind: 'choice'
      readonly condition: Expression
      readonly yes: readonly Step[]
      readonly no: readonly Step[]
    })
  | (StepBase & { readonly kind: 'wait'; readonly wait: Millis })
  | (StepBase & { readonly kind: 'call'; readonly playbook: string; readonly with: Template })
  | (StepBase & { readonly kind: 'set'; readonly set: Template })
  | (StepBase & { readonly kind: 'stop'; readonly reason: Template })
