import type { Reason } from '../../core/reason.ts'
import type { Palette } from './colour.ts'
import { printable } from './printable.ts'
import { bar } from './progress.ts'
import { truncate, wrap } from './width.ts'

const signed = (weight: number): string => `${weight < 0 ? '−' : '+'}${Math.abs(weight).toFixed(1)}`

const BAR = 8

/**
 * The weighed evidence as a sum that can be checked by eye: one line each with its weight, heaviest first, then the
 * total. Reasons without a weight are not evidence and are left out. `room` is in cells.
 */
export const evidenceLines = (reasons: readonly Reason[], room: number, c: Palette): readonly string[] => {
  const weighed = reasons.filter((reason) => reason.weight !== undefined && Math.abs(reason.weight) >= 0.05)
  if (weighed.length === 0) return []
  const sorted = weighed.toSorted((a, b) => b.weight! - a.weight!)
  const largest = Math.max(...sorted.map((reason) => Math.abs(reason.weight!)))
  const lines = sorted.flatMap((reason) => {
    const weight = reason.weight!
    const paint = weight < 0 ? c.green : c.red
    const head = `${paint(signed(weight).padStart(6))}  ${paint(bar(Math.abs(weight) / largest, BAR).replaceAll('░', ' '))}  `
    const indent = 6 + 2 + BAR + 2
    return wrap(printable(reason.text), room - indent).map((text, i) =>
      i === 0 ? head + text : ' '.repeat(indent) + text,
    )
  })
  const total = weighed.reduce((sum, reason) => sum + reason.weight!, 0)
  const label = `sum of ${weighed.length} ${weighed.length === 1 ? 'piece' : 'pieces'} of evidence (natural logs)`
  return [...lines, `${c.bold(signed(total).padStart(6))}  ${c.dim(truncate(label, room - 8))}`]
}
