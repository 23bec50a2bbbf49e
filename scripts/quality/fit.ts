/**
 * Fits the weights to a recording: logistic regression on the amounts of the evidence lines, held near the shipped
 * weights by a normal prior and to their signs by projection. What is learnt on one recording is then judged on others;
 * that, not the fit itself, is the question. Deterministic: full-batch gradient descent from the shipped weights.
 */
import { LINE_CODES, type LineCode, WEIGHTS, type Weights } from '../../src/correlate/evidence/weights.ts'

export interface Sample {
  /** In the order of `LINE_CODES`. */
  readonly amounts: readonly number[]
  readonly attacker: boolean
}

export interface FitOptions {
  /** Standard deviation of the prior around the start, in nats. Small: trust the start; large: trust the recording. */
  readonly spread: number
  /** How many missed attackers one accused innocent is worth. */
  readonly innocentCost: number
}

const STEPS = 4000
const RATE = 0.05

export const fitWeights = (
  samples: readonly Sample[],
  start: Readonly<Record<LineCode, number>>,
  o: FitOptions,
): Weights => {
  const origin = LINE_CODES.map((code) => start[code])
  const w = [...origin]
  const n = samples.reduce((sum, s) => sum + (s.attacker ? 1 : o.innocentCost), 0)
  for (let step = 0; step < STEPS; step++) {
    const gradient = w.map((weight, i) => (weight - origin[i]!) / (o.spread * o.spread))
    for (const { amounts, attacker } of samples) {
      const z = amounts.reduce((sum, amount, i) => sum + amount * w[i]!, 0)
      const error = (1 / (1 + Math.exp(-z)) - (attacker ? 1 : 0)) * (attacker ? 1 : o.innocentCost)
      for (let i = 0; i < w.length; i++) gradient[i]! += error * amounts[i]!
    }
    for (let i = 0; i < w.length; i++) {
      const next = w[i]! - (RATE / Math.sqrt(n)) * gradient[i]!
      w[i] = WEIGHTS[LINE_CODES[i]!].weight > 0 ? Math.max(0, next) : Math.min(0, next)
    }
  }
  return Object.fromEntries(LINE_CODES.map((code, i) => [code, { weight: w[i]!, cap: WEIGHTS[code].cap }])) as Weights
}

/** A start that knows nothing but the signs: every line the same, so that the recording has to say the rest. */
export const plainStart = (): Record<LineCode, number> =>
  Object.fromEntries(
    LINE_CODES.map((code) => [code, code === 'prior' ? -4 : WEIGHTS[code].weight > 0 ? 1 : -0.5]),
  ) as Record<LineCode, number>

export const shippedStart = (): Record<LineCode, number> =>
  Object.fromEntries(LINE_CODES.map((code) => [code, WEIGHTS[code].weight])) as Record<LineCode, number>
