/** Hands for tests: every action succeeds and says with what it was called, unless told otherwise. */
import type { ActionOrder, Hands } from './interpreter.ts'
import type { StepRecord } from './run-input.ts'

export interface TestHands extends Hands {
  readonly acted: ActionOrder[]
  readonly undone: ActionOrder[]
  readonly asked: string[]
  /** By `connector.action`. */
  readonly behave: Record<string, (order: ActionOrder) => Partial<StepRecord>>
  answers: ('approved' | 'rejected' | undefined)[]
}

export const testHands = (): TestHands => {
  const hands: TestHands = {
    acted: [],
    undone: [],
    asked: [],
    behave: {},
    answers: [],
    async act(order) {
      hands.acted.push(order)
      const called = `${order.connector}.${order.action}`
      return { state: 'done', at: 1, called, output: { key: order.key }, ...hands.behave[called]?.(order) }
    },
    confirm: async () => ({ state: 'done', at: 1 }),
    async undo(order) {
      hands.undone.push(order)
      return { state: 'done', at: 1 }
    },
    async ask({ ask }) {
      hands.asked.push(ask)
      return { id: 'q-1', expiresAt: 10_000 }
    },
    link: (question, person = 'anybody') => `https://riposte.test/${question}/${person}`,
    answer: async () => hands.answers.shift(),
    now: () => 1,
  }
  return hands
}
