/**
 * The end of a demo or replay: what was read, what the WAF did, and which attacks became decisions, each with its
 * reason. It also says what was lost or refused, and whom a guard spared: a summary that hides these is an advert.
 */

import type { ReplaySummary } from '../../app/summary.ts'
import { type Decision, REMEDIATIONS } from '../../core/decision.ts'
import { remediationPaint } from './colour.ts'
import { decisionReason } from './decision-reason.ts'
import { findingLines } from './finding-lines.ts'
import { labelled, paragraph, roomOf, type Screen } from './layout.ts'
import { count, plural } from './number.ts'
import { printable } from './printable.ts'
import { bar } from './progress.ts'
import { bytesText, clock, span } from './time.ts'
import { textWidth } from './width.ts'

export interface SummaryOptions extends Screen {
  readonly kind: 'demo' | 'replay'
  /** How many decisions are listed; 0 lists none because they were shown as they arose. */
  readonly limit: number
}

const LABEL = 11
/** Guards' acts that are listed; all of them are in the JSON. */
const SPARED = 10

/** One decision in two lines or more: what and whom; why. */
export const decisionNews = (d: Decision, screen: Screen): readonly string[] => {
  const c = screen.colours
  const head = `${d.type.toUpperCase().padEnd(8)}  ${printable(d.value)}`
  const facts = `${span(d.until - d.startsAt)}  ${d.scenario}${d.simulated ? '  shadow' : ''}`
  return [
    `${c.dim(clock(d.startsAt).slice(11))}  ${c.bold(remediationPaint(c, d.type)(head))}${' '.repeat(Math.max(2, 36 - textWidth(head)))}${c.dim(printable(facts))}`,
    ...paragraph(printable(decisionReason(d)), 20, roomOf(screen)),
  ]
}

export const summaryScreen = (s: ReplaySummary, options: SummaryOptions): readonly string[] => {
  const c = options.colours
  const room = roomOf(options)
  const row = (label: string, text: string, paint = (t: string): string => t): readonly string[] =>
    labelled(label, paragraph(text, 0, room - LABEL, paint), LABEL, c.dim)
  // Watching touches nobody: it is counted below, and listed only when everything is.
  const notable = options.limit === Number.POSITIVE_INFINITY ? s.decisions : s.decisions.filter(isFelt)
  const listed = notable.slice(0, options.limit)
  const more = notable.length - listed.length
  const period =
    s.firstAt === undefined || s.lastAt === undefined
      ? []
      : row('log time', `${clock(s.firstAt)} to ${clock(s.lastAt)} UTC (${span(s.lastAt - s.firstAt)})`)
  const reasons = Object.entries(s.rejectedReasons)
    .map(([code, n]) => `${code} ${count(n)}`)
    .join(', ')
  const missing = s.records - s.events - s.ignored - s.rejected
  return [
    ...(listed.length > 0
      ? [c.bold('Attacks that became decisions'), '', ...listed.flatMap((d) => decisionNews(d, options)), '']
      : []),
    ...(options.limit > 0 && more > 0
      ? [c.dim(`… and ${plural(more, 'more decision')}; --all lists them, --json has them in full`), '']
      : []),
    ...(options.kind === 'demo' ? [''] : []),
    c.bold(options.kind === 'demo' ? 'What you saw' : 'Summary'),
    '',
    ...row(
      'read',
      `${plural(s.records, 'record')}, ${bytesText(s.bytes)}, in ${s.seconds.toFixed(2)} s${s.seconds > 0 ? ` (${count(Math.round(s.records / s.seconds))} a second)` : ''}`,
    ),
    ...period,
    ...row(
      'account',
      `${plural(s.events, 'event')} + ${count(s.ignored)} ignored + ${count(s.rejected)} rejected = ${count(s.events + s.ignored + s.rejected)} of ${count(s.records)}`,
    ),
    ...(reasons ? row('rejected', reasons, c.yellow) : []),
    ...row('lost', missing === 0 ? '0' : count(missing), missing === 0 ? c.green : c.alarm),
    ...row(
      'WAF said',
      `${count(s.dispositions.blocked)} blocked, ${count(s.dispositions.detected)} detected, ${count(s.dispositions.allowed)} allowed`,
    ),
    ...classRows(s, room, options),
    ...row('alerts', `${plural(s.alerts, 'alert')} in ${plural(s.incidents, 'incident')}`),
    ...row('decisions', decisionCounts(s), s.decisions.length > 0 ? c.bold : undefined),
    ...row('untouched', `${count(Math.max(0, s.clients - touched(s)))} of ${plural(s.clients, 'client')}`),
    ...(s.spared.length > 0
      ? [
          '',
          c.bold(`Spared by a guard: ${count(s.spared.length)}`),
          ...s.spared
            .slice(0, SPARED)
            .flatMap((spared) =>
              paragraph(
                `${printable(spared.subject.value)}: ${spared.wanted} became ${spared.got ?? 'nothing'}, because ${printable(spared.reason.text)}`,
                2,
                room,
              ),
            ),
          ...(s.spared.length > SPARED ? [c.dim('  … and more; --json has them all')] : []),
        ]
      : []),
    ...(s.findings.length > 0 ? ['', ...findingLines(s.findings, options)] : []),
    '',
    c.dim(
      options.kind === 'demo'
        ? 'A recording on throw-away state: nothing was enforced or kept.'
        : 'A replay: nothing was enforced, nothing was kept.',
    ),
  ]
}

/** True for what a client would notice. */
export const isFelt = (d: Decision): boolean => d.type !== 'watch'

const touched = (s: ReplaySummary): number => new Set(s.decisions.filter(isFelt).map((d) => d.value)).size

const decisionCounts = (s: ReplaySummary): string => {
  const parts = REMEDIATIONS.toReversed().flatMap((type) => {
    const n = s.decisions.filter((d) => d.type === type).length
    return n > 0 ? [`${count(n)} ${type}`] : []
  })
  return parts.length > 0 ? parts.join(', ') : 'none: nobody gave enough evidence to act on'
}

const classRows = (s: ReplaySummary, room: number, screen: Screen): readonly string[] => {
  const c = screen.colours
  const classes = Object.entries(s.attackClasses)
    .filter(([, n]) => n > 0)
    .toSorted(([, a], [, b]) => b - a)
  const [first] = classes
  if (!first) return labelled('attacks', ['none seen'], LABEL, c.dim)
  const width = Math.max(...classes.map(([name]) => name.length))
  const body = classes.map(
    ([name, n]) =>
      `${name.padEnd(width)}  ${count(n).padStart(7)}  ${c.red(bar(n / first[1], Math.min(30, Math.max(6, room - LABEL - width - 13))).replaceAll('░', ''))}`,
  )
  return labelled('attacks', body, LABEL, c.dim)
}
