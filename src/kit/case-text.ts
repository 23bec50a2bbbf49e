/** A case in words, for tickets, chats and mail. Plain text: whoever puts it into markup escapes it as that markup asks. */
import type { CaseFile } from './case-file.ts'

const MOST_RULES = 10
const MOST_OBSERVABLES = 10

export interface CaseText {
  readonly title: string
  /** Name and value, one line each. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** Our words. */
  readonly reasons: readonly string[]
  /** As clients and rules wrote it: to be shown as code. */
  readonly seen: readonly (readonly [name: string, values: readonly string[]])[]
}

const classes = (file: CaseFile): string => file.attackClasses.join(', ') || 'none named'

export const caseText = (file: CaseFile): CaseText => ({
  title: file.title,
  facts: [
    ['Who', file.subject.value],
    ['Severity', `${file.severity}${file.escalated ? ', escalated' : ''}`],
    ['Attack', classes(file)],
    ['Since', `${file.openedAt}, last ${file.lastAt}`],
    ['Seen', `${file.eventCount} events in ${file.alertCount} alerts on ${file.sensors.join(', ')}`],
    ...file.decisions.map(
      (decision) =>
        [
          'Decision',
          `${decision.type} until ${decision.until}${decision.simulated ? ' (not enforced: shadow mode)' : ''}, ${decision.reference}`,
        ] as const,
    ),
    ...(file.link === undefined ? [] : ([['More', file.link]] as const)),
  ],
  reasons: file.reasons,
  seen: (
    [
      ['Rules', file.rules.slice(0, MOST_RULES).map(({ id, message, count }) => `${id} ${message} (${count})`)],
      ['Hosts', file.observables.hosts.slice(0, MOST_OBSERVABLES)],
      ['Paths', file.observables.paths.slice(0, MOST_OBSERVABLES)],
      ['User agents', file.observables.userAgents.slice(0, MOST_OBSERVABLES)],
    ] as const
  ).filter(([, values]) => values.length > 0),
})

/** Everything as lines of plain text. */
export const plainText = (text: CaseText): string =>
  [
    text.title,
    '',
    ...text.facts.map(([name, value]) => `${name}: ${value}`),
    ...(text.reasons.length === 0 ? [] : ['', 'Why:', ...text.reasons.map((reason) => `- ${reason}`)]),
    ...text.seen.flatMap(([name, values]) => ['', `${name}:`, ...values.map((value) => `  ${oneLine(value)}`)]),
  ].join('\n')

/** A line break in a path would forge a line of ours, a mark of direction would make one read backwards. */
export const oneLine = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ')
