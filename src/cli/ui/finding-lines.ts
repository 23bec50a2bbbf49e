import type { Finding } from '../../core/finding.ts'
import type { Palette } from './colour.ts'
import { printable } from './printable.ts'

/** Two lines per finding that is not cleared: what it is, and what to do. Worst first. */
export const findingLines = (findings: readonly Finding[], c: Palette): readonly string[] => {
  const rank = { error: 0, warning: 1, info: 2 }
  const paint = { error: c.red, warning: c.yellow, info: c.blue }
  return findings
    .filter((finding) => !finding.cleared)
    .toSorted((a, b) => rank[a.level] - rank[b.level])
    .flatMap((finding) => [
      `${paint[finding.level](finding.level.padEnd(7))}  ${printable(finding.subject)}: ${printable(finding.text)}  ${c.dim(finding.code)}`,
      `${c.green('fix'.padEnd(7))}  ${printable(finding.remedy)}`,
    ])
}
