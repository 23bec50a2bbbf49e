/**
 * What a run needs so that it survives its process: things done once and remembered by name, sleeps, waits for a signal.
 * Carried out by openworkflow, which re-runs the interpreter from the start and answers from memory up to where it was.
 */
import type { OpenWorkflow } from 'openworkflow'
import type { Millis } from '../core/time.ts'

/** Where openworkflow keeps its runs. */
export type Backend = ConstructorParameters<typeof OpenWorkflow>[0]['backend']

export interface Durable {
  /** Does the work, unless its result is remembered. The result is JSON. */
  once<T>(name: string, work: () => Promise<T>): Promise<T>
  sleep(name: string, millis: Millis): Promise<void>
  /** Until the signal comes, at most so long. */
  wait(name: string, signal: string, millis: Millis): Promise<void>
}

/** The part of openworkflow's step API that is used. */
export interface EngineStep {
  run<Output>(
    config: { readonly name: string; readonly retryPolicy?: Readonly<Record<string, unknown>> },
    work: () => Promise<Output | undefined>,
  ): Promise<Output>
  sleep(name: string, duration: `${number}ms`): Promise<void>
  waitForSignal(options: { readonly name: string; readonly signal: string; readonly timeout: number }): Promise<unknown>
}

/** Work does not fail by itself: what fails is a record. What throws is our own trouble, such as a store that is away. */
const OWN_TROUBLE = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 50 }

export const durableOn = (step: EngineStep): Durable => ({
  once: (name, work) => step.run({ name, retryPolicy: OWN_TROUBLE }, work),
  sleep: (name, millis) => step.sleep(name, `${Math.max(1, Math.round(millis))}ms`),
  async wait(name, signal, millis) {
    await step.waitForSignal({ name, signal, timeout: Math.max(1, Math.round(millis)) })
  },
})
