/** A case as an Adaptive Card (adaptivecards.io). Text blocks read some Markdown, so what clients wrote is in text runs, which read none. */
import type { CaseFile } from '../../kit/case-file.ts'
import { caseText, oneLine } from '../../kit/case-text.ts'

const COLOUR = { info: 'default', low: 'accent', medium: 'warning', high: 'attention', critical: 'attention' } as const
const MOST = 4000

const run = (text: string, more: object = {}): object => ({
  type: 'TextRun',
  text: oneLine(text).slice(0, MOST),
  ...more,
})
const rich = (...inlines: object[]): object => ({ type: 'RichTextBlock', inlines })

export const messageOf = (body: readonly object[], actions: readonly object[] = []): object => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        body,
        ...(actions.length === 0 ? {} : { actions }),
      },
    },
  ],
})

export const textCard = (text: string): object => messageOf([rich(run(text))])

export const caseCard = (file: CaseFile, note: string | undefined): object => {
  const text = caseText(file)
  const heading = rich(run(text.title, { size: 'Large', weight: 'Bolder', color: COLOUR[file.severity] }))
  const facts = text.facts
    .filter(([name]) => name !== 'More')
    .map(([name, value]) => rich(run(`${name}  `, { weight: 'Bolder' }), run(value)))
  const seen = text.seen.flatMap(([name, values]) => [
    rich(run(name, { weight: 'Bolder' })),
    ...values.map((value) => rich(run(value, { fontType: 'Monospace' }))),
  ])
  const open = file.link === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Open in Riposte', url: file.link }]
  return messageOf(
    [
      ...(note === undefined ? [] : [rich(run(note))]),
      heading,
      ...facts,
      ...text.reasons.map((reason) => rich(run(`• ${reason}`))),
      ...seen,
    ],
    open,
  )
}
