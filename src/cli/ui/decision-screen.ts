/** `riposte why`: from a block back to the bytes. Decision, its reasons, the alert, the events, where each lies in the log. */
import type { Alert } from '../../core/alert.ts'
import { type Decision, isActive } from '../../core/decision.ts'
import type { Event } from '../../core/event.ts'
import { referenceOf } from '../../core/reference.ts'
import type { Millis } from '../../core/time.ts'
import type { PointState, Proof } from '../../kit/store.ts'
import { remediationPaint } from './colour.ts'
import { decisionReason } from './decision-reason.ts'
import { eventLines } from './event-lines.ts'
import { evidenceLines } from './evidence-lines.ts'
import { labelled, paragraph, roomOf, type Screen } from './layout.ts'
import { count, plural } from './number.ts'
import { printable } from './printable.ts'
import { proofLines } from './proof-lines.ts'
import { clock, relative, span } from './time.ts'

export interface WhyPage {
  readonly decision: Decision
  readonly alert?: Alert
  readonly events: readonly Event[]
  readonly proofs: readonly Proof[]
  readonly points: readonly PointState[]
}

/** What became of it: `active, ends in 3 h`, `expired 2 h ago`, `lifted by cli:alice 5 m ago`. */
export const standing = (d: Decision, now: Millis): string => {
  if (d.withdrawnAt !== undefined)
    return `lifted${d.withdrawnBy ? ` by ${d.withdrawnBy}` : ''} ${relative(d.withdrawnAt, now)}`
  if (isActive(d, now)) return `active, ends ${relative(d.until, now)}`
  return d.startsAt > now ? `begins ${relative(d.startsAt, now)}` : `expired ${relative(d.until, now)}`
}

const shellQuoted = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`

/** A command that prints exactly the bytes of the record, or undefined where the source is no plain file. */
export const bytesCommand = (event: Event): string | undefined => {
  const { source, offset, length } = event.raw
  const path = source.replace(/^file:/, '')
  if (!path.includes('/') || path.endsWith('.gz')) return undefined
  return `tail -c +${offset + 1} ${shellQuoted(printable(path))} | head -c ${length}`
}

export const decisionScreen = (page: WhyPage, screen: Screen, now: Millis, limit: number): readonly string[] => {
  const { decision: d, alert, events } = page
  const c = screen.colours
  const room = roomOf(screen)
  const title = `${d.type.toUpperCase()}  ${d.scope} ${printable(d.value)}`
  const others = d.reasons.filter((reason) => reason.weight === undefined)
  const evidence = evidenceLines(d.reasons, room - 2, c)
  const rows: readonly (readonly [string, string])[] = [
    ['now', standing(d, now)],
    ['from', `${clock(d.startsAt)} UTC`],
    ['until', `${clock(d.until)} UTC (${span(d.until - d.startsAt)})`],
    ['by', `${d.origin}, scenario ${d.scenario}`],
    ['id', `${d.id}  (reference ${referenceOf(d.id)})`],
    ...(alert ? alertRows(alert) : []),
  ]
  return [
    `${c.bold(remediationPaint(c, d.type)(title))}${d.simulated ? c.yellow('  shadow: not enforced') : ''}`,
    ...paragraph(printable(decisionReason(d)), 2, room),
    '',
    ...rows.flatMap(([label, text]) =>
      labelled(`  ${label}`, paragraph(printable(text), 0, room - LABEL), LABEL, c.dim),
    ),
    ...(alert?.conduct
      ? paragraph(
          `${plural(alert.conduct.requests, 'request')} seen: ${count(alert.conduct.matched)} with evidence, ${count(alert.conduct.clean)} clean; ${plural(alert.conduct.sessions, 'session')}, ${plural(alert.conduct.userAgents, 'user agent')}.`,
          2,
          room,
        )
      : []),
    ...(evidence.length > 0 ? ['', c.bold('Evidence'), ...evidence.map((line) => `  ${line}`)] : []),
    ...(others.length > 0
      ? [
          '',
          c.bold('Reasons'),
          ...others.flatMap((reason) => paragraph(`${reason.stage}: ${printable(reason.text)}`, 2, room)),
        ]
      : []),
    ...proofLines(page, screen, now),
    '',
    c.bold(
      events.length === 0
        ? 'Events: none is kept'
        : `Events  ${count(events.length)} kept of ${count(alert?.eventCount ?? d.events.length)}`,
    ),
    ...firstAndLatest(events, limit).flatMap((event) => {
      if (typeof event === 'number') return [`  ${c.dim(`… ${plural(event, 'more event')}: --all draws them`)}`]
      const command = bytesCommand(event)
      return [
        ...eventLines(event, screen, 2, true),
        ...(command
          ? [`    ${c.dim(`bytes: ${command}`)}`]
          : [`    ${c.dim(`bytes: ${printable(event.raw.source)} @ ${event.raw.offset} + ${event.raw.length}`)}`]),
      ]
    }),
  ]
}

/** The first and the latest, and between them how many are left out. */
const firstAndLatest = (events: readonly Event[], limit: number): readonly (Event | number)[] => {
  if (events.length <= limit) return events
  const first = Math.ceil(limit / 2)
  const latest = limit - first
  return [...events.slice(0, first), events.length - limit, ...events.slice(events.length - latest)]
}

const LABEL = 9

const alertRows = (alert: Alert): readonly (readonly [string, string])[] => [
  [
    'alert',
    `${alert.id} ${alert.scenario}: ${alert.severity}, ${alert.confidence} % sure, ${plural(alert.eventCount, 'event')}`,
  ],
  ['seen', `${clock(alert.startedAt)} to ${clock(alert.stoppedAt)} UTC (${span(alert.stoppedAt - alert.startedAt)})`],
]
