/**
 * Frees dead state rows and decisions that are over, on log time. Judged by the oldest of the last 64 events, not the
 * newest: one record from a clock that jumped a year ahead must not wipe everybody's evidence, and a late record must
 * find its rows still there.
 */
import { MINUTE, type Millis } from '../core/time.ts'
import type { Rooms } from './rooms.ts'

const WINDOW = 64
const MARGIN = 10 * MINUTE

export class Sweeper {
  readonly #recent = new Float64Array(WINDOW).fill(Number.NEGATIVE_INFINITY)
  #seen = 0
  #sweptAt: Millis = Number.NEGATIVE_INFINITY

  saw(time: Millis): void {
    this.#recent[this.#seen++ % WINDOW] = time
  }

  /** The end of the latest decisions that were dropped; undefined when it was no time to sweep. */
  sweep({ state, decider }: Pick<Rooms, 'state' | 'decider'>): Millis | undefined {
    const low = Math.min(...this.#recent) - MARGIN
    if (low - this.#sweptAt < MINUTE || low === Number.NEGATIVE_INFINITY) return undefined
    this.#sweptAt = low
    state.sweep(low)
    const forgotten = low - MARGIN
    decider.forget(forgotten)
    return forgotten
  }
}
