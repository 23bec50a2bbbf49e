/** The hands of one run: actions through its connectors, questions through the store. */
import type { Millis } from '../core/time.ts'
import type { ApprovalLinks } from '../kit/approval-links.ts'
import type { Outbox } from '../kit/store.ts'
import type { Tlp } from '../kit/tlp.ts'
import type { Caller } from './caller.ts'
import type { Hands } from './interpreter.ts'
import type { RunInput } from './run-input.ts'

export interface HandsOptions {
  readonly caller: Caller
  readonly store: Outbox
  /** Of a question, from the run's root and its step: the same every time, and not to be guessed. */
  questionId(root: string, step: string): string
  readonly links: Pick<ApprovalLinks, 'link'>
  /** How what has no case is classified. */
  readonly tlp: Tlp
  readonly clock?: () => Millis
}

export const handsOf = (options: HandsOptions, run: RunInput, id: string): Hands => {
  const { caller, store, clock = Date.now } = options
  return {
    act: (order) => caller.act(order, run.case?.tlp ?? options.tlp),
    confirm: caller.confirm,
    undo: caller.undo,
    async ask({ step, ask, quorum, expires, default: silence }) {
      const at = clock()
      const question = options.questionId(run.root, step)
      await store.putApproval({
        ...{ id: question, run: id, step, playbook: run.playbook, ask, quorum, default: silence },
        ...{ askedAt: at, expiresAt: at + expires, votes: [] },
      })
      const [kept] = await store.approvals({ id: question, limit: 1 })
      return { id: question, expiresAt: kept!.expiresAt }
    },
    link: (question, person) => options.links.link({ question, ...(person === undefined ? {} : { person }) }) ?? '',
    async answer(question) {
      const [approval] = await store.approvals({ id: question, limit: 1 })
      if (approval?.outcome) await store.heard(question)
      if (!approval || approval.outcome || approval.expiresAt > clock()) return approval?.outcome
      const silence = approval.default === 'approve' ? 'approved' : 'rejected'
      return (await store.settleApproval(question, silence))?.outcome
    },
    now: clock,
  }
}
