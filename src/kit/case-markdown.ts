/**
 * A case in Markdown. What clients wrote stands in fenced blocks, longer than any fence inside: there nothing is a link,
 * a mention or a picture. Our own words are escaped as well, for they quote addresses and names.
 */
import type { CaseFile } from './case-file.ts'
import { caseText, oneLine } from './case-text.ts'

const MOST = 60_000

export const escapedMarkdown = (text: string): string =>
  oneLine(text)
    .replace(/[\\`*_{}[\]()#+!|<>~-]/g, '\\$&')
    .replaceAll('@', '&#64;')

/** A fence that nothing inside can close. */
export const fenced = (lines: readonly string[]): string => {
  const text = lines.map(oneLine).join('\n')
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}

export const caseMarkdown = (file: CaseFile): string => {
  const text = caseText(file)
  const facts = text.facts
    .filter(([name]) => name !== 'More')
    .map(([name, value]) => `- **${name}**: ${escapedMarkdown(value)}`)
  const parts = [
    facts.join('\n'),
    ...(text.reasons.length === 0
      ? []
      : [`**Why**\n\n${text.reasons.map((reason) => `- ${escapedMarkdown(reason)}`).join('\n')}`]),
    ...text.seen.map(([name, values]) => `**${name}**\n\n${fenced(values)}`),
    ...(file.link === undefined ? [] : [`[Open in Riposte](${file.link})`]),
  ]
  return parts.join('\n\n').slice(0, MOST)
}
