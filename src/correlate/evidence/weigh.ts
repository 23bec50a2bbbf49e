/** From lines to a verdict: the sum against the thresholds, and what keeps a high sum from being a ban. */
import type { Reason } from '../../core/reason.ts'
import { HOUR, type Millis } from '../../core/time.ts'
import { type Actor, isNarrow, isShared } from './actor.ts'
import { amountsOf, textOf, totalOf } from './lines.ts'
import { nuisanceOf } from './nuisance.ts'
import { LINE_CODES, type Weights } from './weights.ts'

export type Level = 'watch' | 'throttle' | 'ban'
export const RANK = { watch: 1, throttle: 2, captcha: 2, ban: 3 } as const

export type Thresholds = Readonly<Record<Level, number>>

export interface Weighed {
  readonly level: Level | undefined
  /** Log-odds; of a mere nuisance just beyond the throttle threshold. */
  readonly sum: number
  readonly nuisance: boolean
  /** Composed only when somebody reads them. */
  reasons(): Reason[]
}

const HELD_FOR: Millis = 6 * HOUR

export const weigh = (actor: Actor, cleanVisible: boolean, weights: Weights, thresholds: Thresholds): Weighed => {
  const amounts = actor.hostile ? amountsOf(actor, cleanVisible, weights) : undefined
  const sum = amounts ? totalOf(amounts, weights) : Number.NEGATIVE_INFINITY
  const nuisance = nuisanceOf(actor, cleanVisible)
  const spared = sum < thresholds.ban ? undefined : sparing(actor, cleanVisible)
  let level = levelOf(sum, thresholds)
  if (spared || (nuisance && level !== 'ban')) level = 'throttle'
  return {
    level,
    sum: nuisance ? Math.max(sum, thresholds.throttle + 0.5) : sum,
    nuisance: nuisance !== undefined,
    reasons: () => [
      ...(amounts ?? []).flatMap((amount, i): Reason[] => {
        const code = LINE_CODES[i]!
        return amount === 0 ? [] : [because(code, textOf(code, actor), amount * weights[code].weight)]
      }),
      ...(spared ? [because(spared, SPARED[spared])] : []),
      ...(nuisance ? [because(nuisance.code, nuisance.text())] : []),
    ],
  }
}

/** What was said of an actor holds for a while even if the sum sinks; then it has to be earned anew. */
export const heldBy = (h: Actor['hostile'], now: Millis): Level | undefined =>
  h?.verdict && now - (h.toldAt ?? 0) < HELD_FOR ? h.verdict : undefined

const levelOf = (sum: number, t: Thresholds): Level | undefined =>
  sum >= t.ban ? 'ban' : sum >= t.throttle ? 'throttle' : sum >= t.watch ? 'watch' : undefined

const SPARED = {
  shared: 'others behave well behind this address: no ban',
  narrow: 'all of it on one page, as an editor or an interface would: no ban',
} as const

const sparing = (actor: Actor, cleanVisible: boolean): keyof typeof SPARED | undefined =>
  isShared(actor, cleanVisible) ? 'shared' : isNarrow(actor) ? 'narrow' : undefined

const because = (code: string, text: string, weight?: number): Reason => ({
  stage: 'correlate',
  code: `evidence.${code}`,
  text,
  ...(weight === undefined ? {} : { weight: Math.round(weight * 100) / 100 }),
})
