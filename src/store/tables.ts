/** The statements that take many rows, and how a value becomes a row: the one place that knows column order. */
import type { Alert, Incident } from '../core/alert.ts'
import { decisionKey } from '../core/decision.ts'
import { type Event, REJECTION_CODES, type Severity } from '../core/event.ts'
import type { Finding } from '../core/finding.ts'
import type { Millis } from '../core/time.ts'
import { decisionText } from '../kit/decision-text.ts'
import type { Cursor } from '../kit/source.ts'
import type { StateRow } from '../kit/state.ts'
import type { Bouncer, PointState, Proof, Tally } from '../kit/store.ts'
import type { ActRow } from './act-chain.ts'
import type { Bulk, Cell, Row } from './desk.ts'
import type { Settled } from './overlap.ts'
import { isHashed, packId, packKey, packText, unpackText, whole } from './packed-key.ts'

const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical']
export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity)

type Column = Bulk['columns'][number]
const int = (name: string): Column => [name, 'BIGINT']
const text = (name: string): Column => [name, 'TEXT']
const blob = (name: string): Column => [name, 'BYTEA']

/** ON CONFLICT (key) DO UPDATE of all the other columns. */
const upsert = (table: string, key: readonly string[], columns: readonly Column[]): Bulk => ({
  table,
  columns,
  conflict: `(${key.join(', ')}) DO UPDATE SET ${columns
    .map(([name]) => name)
    .filter((name) => !key.includes(name))
    .map((name) => `${name} = excluded.${name}`)
    .join(', ')}`,
})

/** ON CONFLICT (key) DO UPDATE that adds up the numbers. */
const sum = (table: string, key: readonly string[], columns: readonly Column[]): Bulk => ({
  table,
  columns,
  conflict: `(${key.join(', ')}) DO UPDATE SET ${columns
    .filter(([, type]) => type === 'BIGINT')
    .map(([name]) => `${name} = ${table}.${name} + excluded.${name}`)
    .join(', ')}`,
})

export const PAGES: Bulk = { table: 'pages', columns: [int('page'), blob('body')] }
export const EVENTS: Bulk = {
  table: 'events',
  columns: [int('n'), blob('id'), int('time'), blob('client'), int('severity')],
  conflict: '(id) DO NOTHING',
}
export const eventRow = (n: number, event: Event, client: Cell): Cell[] => [
  n,
  packId(event.id),
  whole(event.time),
  client,
  severityRank(event.severity),
]

export const ALERTS: Bulk = {
  table: 'alerts',
  columns: [text('id'), text('subject'), int('started_at'), int('stopped_at'), text('body')],
  conflict: '(id) DO NOTHING',
}
export const alertRow = (alert: Alert): Cell[] => [
  packKey(alert.id),
  packKey(alert.subject.value),
  whole(alert.startedAt),
  whole(alert.stoppedAt),
  JSON.stringify(alert),
]

export const INCIDENTS = upsert(
  'incidents',
  ['id'],
  [text('id'), text('subject'), int('is_open'), int('opened_at'), int('last_at'), text('body')],
)
export const incidentRow = (incident: Incident): Cell[] => [
  packKey(incident.id),
  packKey(incident.subject.value),
  incident.state === 'open' ? 1 : 0,
  whole(incident.openedAt),
  whole(incident.lastAt),
  JSON.stringify(incident),
]

export const DECISIONS = upsert(
  'decisions',
  ['id'],
  [
    text('id'),
    text('value'),
    text('holds'),
    int('starts_at'),
    int('until'),
    int('withdrawn_at'),
    int('changed'),
    text('body'),
  ],
)
export const decisionRow = ({ decision, holds }: Settled, changed: Millis): Cell[] => [
  packKey(decision.id),
  packKey(decision.value),
  holds ? packKey(decisionKey(decision)) : null,
  whole(decision.startsAt),
  whole(decision.until),
  decision.withdrawnAt === undefined ? null : whole(decision.withdrawnAt),
  whole(changed),
  decisionText(decision),
]

export const CITATIONS: Bulk = {
  table: 'citations',
  columns: [blob('event'), text('holder')],
  conflict: '(event, holder) DO NOTHING',
}
export const citationRows = (holder: { readonly id: string; readonly events: readonly string[] }): Cell[][] => {
  const key = packKey(holder.id)
  return holder.events.map((id) => [packId(id), key])
}

export const ALLOWLIST = upsert('allowlist', ['value'], [text('value'), text('body')])
export const ALLOWLIST_KEYS: Bulk = { table: 'allowlist', columns: [text('value')] }

export const STATE = upsert('state', ['room', 'slot'], [text('room'), text('slot'), text('body'), int('expires_at')])
export const STATE_KEYS: Bulk = { table: 'state', columns: [text('room'), text('slot')] }
/** Keys that are only stood for are kept in full beside the value. */
export const stateRow = (row: StateRow): Cell[] => {
  const room = packKey(row.table)
  const slot = packKey(row.key)
  const value = packText(row.value ?? '')
  const inFull = isHashed(room) || isHashed(slot)
  return [room, slot, inFull ? JSON.stringify([row.table, row.key, value]) : value, whole(row.expiresAt)]
}
export const readState = (row: Row): StateRow => {
  const room = String(row['room'])
  const slot = String(row['slot'])
  const body = String(row['body'])
  const [table, key, value] =
    isHashed(room) || isHashed(slot)
      ? (JSON.parse(body) as [string, string, string])
      : [unpackText(room), unpackText(slot), body]
  return { table, key, value: unpackText(value), expiresAt: Number(row['expires_at']) }
}

export const CURSORS = upsert(
  'cursors',
  ['source', 'stream'],
  [text('source'), text('stream'), int('done'), int('touched'), text('body')],
)
export const cursorRow = (cursor: Cursor, touched: number): Cell[] => [
  packKey(cursor.source),
  packKey(cursor.stream),
  cursor.done === true ? 1 : 0,
  touched,
  JSON.stringify(cursor),
]

export const TALLIES = sum(
  'tallies',
  ['sensor', 'source'],
  [
    text('sensor'),
    text('source'),
    text('names'),
    int('bytes'),
    int('records'),
    int('events'),
    int('ignored'),
    int('untrusted_headers'),
    int('lost_bytes'),
  ],
)
export const tallyRow = (t: Tally): Cell[] => [
  packKey(t.sensor),
  packKey(t.source),
  JSON.stringify([t.sensor, t.source]),
  whole(t.bytes),
  whole(t.records),
  whole(t.events),
  whole(t.ignored),
  whole(t.untrustedHeaders),
  whole(t.lostBytes),
]
export const REJECTED = sum(
  'rejected',
  ['sensor', 'source', 'code'],
  [text('sensor'), text('source'), text('code'), int('amount')],
)
export const rejectedRows = (t: Tally): Cell[][] =>
  REJECTION_CODES.filter((code) => t.rejected[code]).map((code) => [
    packKey(t.sensor),
    packKey(t.source),
    code,
    whole(t.rejected[code] ?? 0),
  ])

export const REJECTIONS = upsert('rejections', ['slot'], [int('slot'), int('number'), text('body')])

export const FINDINGS = upsert('findings', ['code', 'subject'], [text('code'), text('subject'), text('body')])
export const findingRow = (finding: Finding): Cell[] => [
  packKey(finding.code),
  packKey(finding.subject),
  JSON.stringify(finding),
]

export const ACTS: Bulk = {
  table: 'acts',
  columns: [int('number'), int('at'), text('actor'), text('verb'), text('subject'), text('detail'), text('hash')],
}
export const actRow = (act: ActRow): Cell[] => [
  act.number,
  act.at,
  act.actor,
  act.verb,
  act.subject,
  act.detail,
  act.hash,
]

export const PROOFS = upsert(
  'proofs',
  ['decision', 'point', 'act'],
  [
    text('decision'),
    text('point'),
    text('act'),
    int('requested_at'),
    int('applied_at'),
    int('verified_at'),
    text('trouble'),
  ],
)
const time = (at: Millis | undefined): Cell => (at === undefined ? null : whole(at))
export const proofRow = (p: Proof): Cell[] => [
  packKey(p.decision),
  packKey(p.point),
  p.act,
  whole(p.requestedAt),
  time(p.appliedAt),
  time(p.verifiedAt),
  p.trouble === undefined ? null : packText(p.trouble),
]
export const readProof = (row: Row): Proof => {
  const at = (name: string): number | undefined => (row[name] === null ? undefined : Number(row[name]))
  const [appliedAt, verifiedAt] = [at('applied_at'), at('verified_at')]
  return {
    decision: unpackText(String(row['decision'])),
    point: unpackText(String(row['point'])),
    act: row['act'] === 'unblock' ? 'unblock' : 'block',
    requestedAt: Number(row['requested_at']),
    ...(appliedAt === undefined ? {} : { appliedAt }),
    ...(verifiedAt === undefined ? {} : { verifiedAt }),
    ...(row['trouble'] === null ? {} : { trouble: unpackText(String(row['trouble'])) }),
  }
}

export const POINTS = upsert('points', ['name'], [text('name'), text('body')])
export const pointRow = (point: PointState): Cell[] => [packKey(point.name), JSON.stringify(point)]

export const BOUNCERS = upsert('bouncers', ['name'], [text('name'), text('key_hash'), text('body')])
export const bouncerRow = (b: Bouncer): Cell[] => [packKey(b.name), b.keyHash, JSON.stringify(b)]
