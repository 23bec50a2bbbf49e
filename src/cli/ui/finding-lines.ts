import type { Finding } from '../../core/finding.ts'
import { labelled, type Screen } from './layout.ts'
import { printable } from './printable.ts'
import { wrap } from './width.ts'

const LABEL = 9

/** Per finding that is not cleared what it is, and what to do. Worst first. */
export const findingLines = (findings: readonly Finding[], { colours: c, width }: Screen): readonly string[] => {
  const rank = { error: 0, warning: 1, info: 2 }
  const paint = { error: c.red, warning: c.yellow, info: c.blue }
  const body = (text: string): readonly string[] =>
    width === undefined ? [text] : wrap(text, width - LABEL).map((line) => line.trimEnd())
  return findings
    .filter((finding) => !finding.cleared)
    .toSorted((a, b) => rank[a.level] - rank[b.level])
    .flatMap(({ level, subject, text, code, remedy }) => {
      const said = body(`${printable(subject)}: ${printable(text)}  ${code}`).map((line) =>
        line.endsWith(code) ? `${line.slice(0, -code.length)}${c.dim(code)}` : line,
      )
      return [
        ...labelled(level, said, LABEL, paint[level]),
        ...labelled('fix', body(printable(remedy)), LABEL, c.green),
      ]
    })
}
