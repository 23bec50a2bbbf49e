import type { Act } from '../../core/act.ts'
import { type Decision, REMEDIATIONS } from '../../core/decision.ts'
import type { Finding } from '../../core/finding.ts'
import type { Millis } from '../../core/time.ts'
import type { RejectionSample, StoreStatus, Tally } from '../../kit/store.ts'
import { findingLines } from './finding-lines.ts'
import { labelled, paragraph, roomOf, type Screen } from './layout.ts'
import { count, plural } from './number.ts'
import { printable } from './printable.ts'
import { table } from './table.ts'
import { bytesText, clock, relative } from './time.ts'

export interface StatusReport {
  readonly store: StoreStatus
  readonly tallies: readonly Tally[]
  readonly findings: readonly Finding[]
  readonly rejections: readonly RejectionSample[]
  readonly active: readonly Decision[]
  readonly acts: readonly (Act & { readonly number: number; readonly hash: string })[]
  readonly chain: { readonly checked: number; readonly brokenAt?: number }
}

export interface Account {
  readonly records: number
  readonly events: number
  readonly ignored: number
  readonly rejected: number
  /** Records that are none of the three; anything but 0 is our fault. */
  readonly missing: number
  readonly lostBytes: number
}

const rejectedOf = (tally: Tally): number => Object.values(tally.rejected).reduce((sum, n) => sum + n, 0)

export const accountOf = (tallies: readonly Tally[]): Account => {
  const sum = (pick: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + pick(tally), 0)
  const account = {
    records: sum((t) => t.records),
    events: sum((t) => t.events),
    ignored: sum((t) => t.ignored),
    rejected: sum(rejectedOf),
    lostBytes: sum((t) => t.lostBytes),
  }
  return { ...account, missing: account.records - account.events - account.ignored - account.rejected }
}

const LABEL = 11

export const statusScreen = (
  report: StatusReport,
  screen: Screen,
  { now, state }: { readonly now: Millis; readonly state: string },
): readonly string[] => {
  const c = screen.colours
  const { store } = report
  const account = accountOf(report.tallies)
  const row = (label: string, text: string, paint = (t: string): string => t): readonly string[] =>
    labelled(label, paragraph(printable(text), 0, roomOf(screen) - LABEL, paint), LABEL, c.dim)
  const lost = account.missing === 0 && account.lostBytes === 0
  const types = REMEDIATIONS.toReversed().flatMap((type) => {
    const n = report.active.filter((d) => d.type === type).length
    return n > 0 ? [`${count(n)} ${type}`] : []
  })
  const { oldestEvent, droppedEvents } = store.watermark
  return [
    ...row('state', `${state}  (${store.engine}, schema ${store.schema}, ${bytesText(store.bytes)})`),
    ...row(
      'log time',
      store.logTime > 0 ? `${clock(store.logTime)} UTC, ${relative(store.logTime, now)}` : 'nothing read yet',
    ),
    ...row(
      'account',
      `${plural(account.records, 'record')} = ${plural(account.events, 'event')} + ${count(account.ignored)} ignored + ${count(account.rejected)} rejected`,
    ),
    ...row(
      'lost',
      lost
        ? '0'
        : `${count(account.missing)} records unaccounted for, ${bytesText(account.lostBytes)} destroyed before they could be read`,
      lost ? c.green : c.alarm,
    ),
    ...row('decisions', types.length > 0 ? `${types.join(', ')} active` : 'none active'),
    ...row(
      'kept',
      `${plural(store.rows.events, 'event')}, ${plural(store.rows.alerts, 'alert')}, ${plural(store.rows.incidents, 'incident')}, ${plural(store.rows.decisions, 'decision')}`,
    ),
    ...row(
      'retention',
      `${oldestEvent === undefined ? 'no event is kept' : `complete from ${clock(oldestEvent)} UTC on`}${droppedEvents > 0 ? `; ${count(droppedEvents)} older events were dropped` : ''}`,
    ),
    ...row(
      'audit',
      report.chain.brokenAt === undefined
        ? `${count(report.chain.checked)} acts, the chain of hashes holds`
        : `the chain breaks at act ${report.chain.brokenAt}: the trail was altered`,
      report.chain.brokenAt === undefined ? undefined : c.alarm,
    ),
    ...(report.tallies.length > 0 ? ['', ...sourceTable(report.tallies, screen)] : []),
    ...(report.rejections.length > 0
      ? [
          '',
          c.bold('Latest rejections'),
          ...report.rejections.flatMap((r) =>
            paragraph(printable(`${r.code} ${r.raw.source} @ ${r.raw.offset}: ${r.text}`), 2, roomOf(screen)),
          ),
        ]
      : []),
    ...(report.findings.length > 0 ? ['', ...findingLines(report.findings, screen)] : []),
  ]
}

const sourceTable = (tallies: readonly Tally[], screen: Screen): readonly string[] =>
  table(
    [
      { header: 'SENSOR', min: 6 },
      { header: 'SOURCE', min: 12 },
      { header: 'READ', align: 'right' },
      { header: 'RECORDS' },
      { header: 'EVENTS' },
      { header: 'IGNORED' },
      { header: 'REJECTED' },
    ],
    tallies.map((t) => [t.sensor, t.source, bytesText(t.bytes), t.records, t.events, t.ignored, rejectedOf(t)]),
    { width: screen.width, colours: screen.colours },
  )
