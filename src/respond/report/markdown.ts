/** The report as Markdown, for tickets. */
import { iso } from '../../core/time.ts'
import { caseMarkdown, escapedMarkdown, fenced } from '../../kit/case-markdown.ts'
import { type ReportFacts, timeLine } from './report.ts'

export const reportMarkdown = (facts: ReportFacts): string => {
  const { case: file } = facts
  const moments = timeLine(facts).map(
    ({ at, kind, text, seen }) =>
      `- ${iso(at)} **${kind}** ${escapedMarkdown(text)}${seen === undefined ? '' : `\n\n${fenced([seen.slice(0, 500)]).replace(/^/gm, '  ')}\n`}`,
  )
  return `# ${escapedMarkdown(file.title)}\n\n${caseMarkdown(file)}\n\n## Time line\n\n${moments.join('\n')}\n`
}
