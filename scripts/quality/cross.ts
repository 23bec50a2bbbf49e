/** Fits the weights on one recording and judges the others: what of the model is knowledge and what is memory. */

import { totalOf } from '../../src/correlate/evidence/lines.ts'
import { THRESHOLDS, WEIGHTS, type Weights } from '../../src/correlate/evidence/weights.ts'
import { fitWeights, plainStart, type Sample, shippedStart } from './fit.ts'
import type { Judgement, Verdict } from './judge.ts'

interface Judged {
  readonly name: string
  readonly judgement: Judgement
}

const ENOUGH = 20

const accused = (judgement: Judgement): number =>
  withAmounts(judgement).filter((v) => v.client.role === 'innocent').length

/** Plain text: one row per set of weights and judged recording. Sums only; nuisances and proxies play no part here. */
export const crossTable = (judged: readonly Judged[]): string => {
  const rows: string[][] = [
    [
      'weights',
      'judged on',
      'innocents banned',
      'innocents throttled',
      'attackers ≥ 3: banned',
      'throttled or banned',
      'highest innocent',
      'attackers above it',
    ],
  ]
  for (const { name, judgement } of judged) rows.push(['shipped', name, ...score(judgement, WEIGHTS)])
  // Where no innocent trips a rule there is nothing to tell attackers from.
  for (const { name: from, judgement } of judged.filter((j) => accused(j.judgement) >= ENOUGH))
    for (const [how, start] of [
      ['from signs alone', plainStart()],
      ['near the shipped', shippedStart()],
    ] as const) {
      const weights = fitWeights(samplesOf(judgement), start, { spread: 1, innocentCost: 3 })
      for (const { name, judgement: other } of judged)
        if (name !== from) rows.push([`fit on ${from}, ${how}`, name, ...score(other, weights)])
    }
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((r) => [...r[i]!].length)))
  return rows
    .map((r) =>
      r
        .map((cell, i) => cell + ' '.repeat(widths[i]! - [...cell].length))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const withAmounts = (judgement: Judgement) =>
  judgement.verdicts.filter((v): v is Verdict & { amounts: readonly number[] } => v.amounts !== undefined)

const samplesOf = (judgement: Judgement): Sample[] =>
  withAmounts(judgement).map((v) => ({ amounts: v.amounts, attacker: v.client.role === 'attacker' }))

const score = (judgement: Judgement, weights: Weights): string[] => {
  const sums = withAmounts(judgement).map((v) => ({ v, sum: totalOf(v.amounts, weights) }))
  const innocent = sums.filter(({ v }) => v.client.role === 'innocent')
  const attackers = sums.filter(({ v }) => v.client.role === 'attacker' && v.client.matched >= 3)
  const highest = Math.max(...innocent.map((s) => s.sum), Number.NEGATIVE_INFINITY)
  const count = (list: typeof sums, test: (s: (typeof sums)[number]) => boolean): number => list.filter(test).length
  return [
    `${count(innocent, (s) => s.sum >= THRESHOLDS.ban && !s.v.spared)} of ${innocent.length}`,
    `${count(innocent, (s) => s.sum >= THRESHOLDS.throttle)} of ${innocent.length}`,
    `${count(attackers, (s) => s.sum >= THRESHOLDS.ban && !s.v.spared)} of ${attackers.length}`,
    `${count(attackers, (s) => s.sum >= THRESHOLDS.throttle)} of ${attackers.length}`,
    Number.isFinite(highest) ? highest.toFixed(2) : '–',
    `${count(attackers, (s) => s.sum > highest)} of ${attackers.length}`,
  ]
}
