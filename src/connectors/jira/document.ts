/**
 * Text as Jira takes it: a document of nodes for Cloud (Atlassian Document Format, where text is text and nothing
 * else), plain text in a {noformat} block for Server, whose wiki markup would obey what a client wrote.
 */
import type { CaseFile } from '../../kit/case-file.ts'
import { caseText, oneLine, plainText } from '../../kit/case-text.ts'

const MOST = 30_000

const words = (text: string): object => ({ type: 'text', text: oneLine(text) })
const paragraph = (...content: object[]): object => ({ type: 'paragraph', content })
const strong = (text: string): object => ({ ...words(text), marks: [{ type: 'strong' }] })
const code = (lines: readonly string[]): object => ({
  type: 'codeBlock',
  content: [{ type: 'text', text: lines.map(oneLine).join('\n').slice(0, MOST) }],
})

export const documentOf = (file: CaseFile): object => {
  const text = caseText(file)
  const item = (...content: object[]): object => ({ type: 'listItem', content: [paragraph(...content)] })
  return {
    type: 'doc',
    version: 1,
    content: [
      { type: 'bulletList', content: text.facts.map(([name, value]) => item(strong(`${name}: `), words(value))) },
      ...(text.reasons.length === 0
        ? []
        : [
            paragraph(strong('Why')),
            { type: 'bulletList', content: text.reasons.map((reason) => item(words(reason))) },
          ]),
      ...text.seen.flatMap(([name, values]) => [paragraph(strong(name)), code(values)]),
    ],
  }
}

export const documentOfText = (text: string): object => ({
  type: 'doc',
  version: 1,
  content: text
    .slice(0, MOST)
    .split('\n')
    .map((line) => (line.trim() === '' ? { type: 'paragraph', content: [] } : paragraph(words(line)))),
})

const unformatted = (text: string): string =>
  `{noformat}${text.replaceAll('{noformat}', '{no format}').slice(0, MOST)}{noformat}`

export const wikiOf = (file: CaseFile): string => unformatted(plainText(caseText(file)))
export const wikiOfText = (text: string): string => unformatted(text)
