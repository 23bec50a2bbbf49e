/**
 * A case as Slack shows it (api.slack.com/reference/block-kit). What a client wrote stands in plain text or in
 * preformatted text, where Slack knows no mentions, links or marks; `&`, `<` and `>` are escaped as Slack asks.
 */
import type { CaseFile } from '../../kit/case-file.ts'
import { caseText, oneLine } from '../../kit/case-text.ts'

/** Limits of Block Kit: header 150 characters, text of a section 3000, fields 10 of 2000. */
const HEADER = 150
const SECTION = 2900
const FIELDS = 10

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Without backticks, which would end the block. */
const preformatted = (text: string): string => `\`\`\`${escaped(text.replaceAll('`', 'ˋ'))}\`\`\``

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text)

const EMOJI: Readonly<Record<CaseFile['severity'], string>> = {
  critical: ':red_circle:',
  high: ':large_orange_circle:',
  medium: ':large_yellow_circle:',
  low: ':large_blue_circle:',
  info: ':white_circle:',
}

export const caseBlocks = (file: CaseFile): readonly object[] => {
  const text = caseText(file)
  const plain = (value: string) => ({ type: 'plain_text', text: value, emoji: true })
  const facts = text.facts.filter(([name]) => name !== 'More').slice(0, FIELDS)
  return [
    { type: 'header', text: plain(cut(`${EMOJI[file.severity]} ${text.title}`, HEADER)) },
    {
      type: 'section',
      fields: facts.map(([name, value]) => ({ type: 'mrkdwn', text: `*${escaped(name)}*\n${escaped(value)}` })),
    },
    ...(text.reasons.length === 0
      ? []
      : [section(`*Why*\n${text.reasons.map((reason) => `• ${escaped(reason)}`).join('\n')}`)]),
    ...text.seen.map(([name, values]) =>
      section(`*${name}*\n${preformatted(cut(values.map(oneLine).join('\n'), SECTION - 100))}`),
    ),
    ...(file.link === undefined ? [] : [section(`<${escaped(file.link)}|Open in Riposte>`)]),
  ]
}

const section = (text: string): object => ({ type: 'section', text: { type: 'mrkdwn', text: cut(text, 3000) } })
