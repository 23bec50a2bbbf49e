/**
 * What people and read-side rooms ask. Every list comes newest first; `since` is inclusive, `until` exclusive.
 * Each question is one snapshot: what a commit, retention or the merging of pages does meanwhile is not seen.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import type { AllowEntry } from '../core/act.ts'
import type { Alert, Incident } from '../core/alert.ts'
import type { Decision } from '../core/decision.ts'
import type { Event, RejectionCode } from '../core/event.ts'
import type { Finding } from '../core/finding.ts'
import type { Cursor } from '../kit/source.ts'
import type { Archive, EventQuery, RejectionSample, Tally } from '../kit/store.ts'
import { type ActRow, chainChecker } from './act-chain.ts'
import { type Cell, type Desk, marks, type Reading, type Row, slices } from './desk.ts'
import { PAGE_SIZE } from './event-page.ts'
import { readPage } from './event-page-read.ts'
import { packId, packIp, packKey, unpackText, whole } from './packed-key.ts'
import { severityRank } from './tables.ts'

const body = <T>(row: Row): T => JSON.parse(String(row['body'])) as T

/** Collects conditions; what is not asked for makes none. */
const conditions = () => {
  const parts: string[] = []
  const params: Cell[] = []
  return {
    params,
    add(sql: string, ...values: readonly Cell[]): void {
      parts.push(sql)
      params.push(...values)
    },
    where: (): string => (parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`),
  }
}

const limit = (n: number): number => Math.max(0, Math.min(whole(n), 100_000))

const eventPlaces = async (tx: Reading, query: EventQuery): Promise<number[]> => {
  const found: { readonly n: number; readonly time: number }[] = []
  const lists = query.ids ? [...slices([...new Set(query.ids)])] : [undefined]
  for (const ids of lists) {
    const c = conditions()
    if (ids) c.add(`id IN (${marks(ids.length)})`, ...ids.map(packId))
    if (query.clientIp !== undefined) c.add('client = ?', packIp(query.clientIp))
    if (query.since !== undefined) c.add('time >= ?', whole(query.since))
    if (query.until !== undefined) c.add('time < ?', whole(query.until))
    if (query.minSeverity !== undefined) c.add('severity >= ?', severityRank(query.minSeverity))
    const rows = await tx.rows(`SELECT n, time FROM events ${c.where()} ORDER BY time DESC, n DESC LIMIT ?`, [
      ...c.params,
      limit(query.limit),
    ])
    for (const row of rows) found.push({ n: Number(row['n']), time: Number(row['time']) })
  }
  if (lists.length > 1) found.sort((a, b) => b.time - a.time || b.n - a.n)
  return found.slice(0, limit(query.limit)).map(({ n }) => n)
}

/** Unpacking a page takes about a millisecond: after some, whatever else the process does gets its turn. */
const PAGES_AT_ONCE = 8

const events = async (tx: Reading, query: EventQuery): Promise<Event[]> => {
  const places = await eventPlaces(tx, query)
  const wanted = [...new Set(places.map((n) => Math.floor(n / PAGE_SIZE)))]
  const found = new Map<number, Event>()
  for (const pages of slices(wanted, PAGES_AT_ONCE)) {
    for (const row of await tx.rows(`SELECT page, body FROM pages WHERE page IN (${marks(pages.length)})`, pages)) {
      const base = Number(row['page']) * PAGE_SIZE
      for (const [place, event] of readPage(row['body'] as Uint8Array).entries()) found.set(base + place, event)
    }
    await breathe()
  }
  return places.flatMap((n) => found.get(n) ?? [])
}

const names = (row: Row): { readonly sensor: string; readonly source: string } => {
  const [sensor, source] = JSON.parse(String(row['names'])) as [string, string]
  return { sensor, source }
}

const tallies = async (tx: Reading): Promise<Tally[]> => {
  const rejected = new Map<string, Partial<Record<RejectionCode, number>>>()
  for (const row of await tx.rows('SELECT sensor, source, code, amount FROM rejected')) {
    const key = `${row['sensor']}\n${row['source']}`
    rejected.set(key, { ...rejected.get(key), [String(row['code'])]: Number(row['amount']) })
  }
  return (await tx.rows('SELECT * FROM tallies ORDER BY sensor, source')).map((row) => ({
    ...names(row),
    bytes: Number(row['bytes']),
    records: Number(row['records']),
    events: Number(row['events']),
    ignored: Number(row['ignored']),
    rejected: rejected.get(`${row['sensor']}\n${row['source']}`) ?? {},
    untrustedHeaders: Number(row['untrusted_headers']),
    lostBytes: Number(row['lost_bytes']),
  }))
}

const actRow = (row: Row): ActRow => ({
  number: Number(row['number']),
  at: Number(row['at']),
  actor: String(row['actor']),
  verb: String(row['verb']),
  subject: String(row['subject']),
  detail: String(row['detail']),
  hash: String(row['hash']),
})

const verifyActs = async (tx: Reading) => {
  const [ledger] = await tx.rows('SELECT act_number, act_hash FROM ledger')
  const checker = chainChecker()
  let checked = 0
  let after = Number.MIN_SAFE_INTEGER
  for (;;) {
    const rows = await tx.rows('SELECT * FROM acts WHERE number > ? ORDER BY number LIMIT 1000', [after])
    for (const row of rows) checker.add(actRow(row))
    checked += rows.length
    if (rows.length === 0) break
    after = Number(rows.at(-1)!['number'])
  }
  const brokenAt = checker.end({ number: Number(ledger!['act_number']), hash: String(ledger!['act_hash']) })
  return brokenAt === undefined ? { checked } : { checked, brokenAt }
}

const status = async (tx: Reading, desk: Desk) => {
  const [row] = await tx.rows(`SELECT log_time, event_count, dropped_events, dropped_at, act_number,
      (SELECT count(*) FROM alerts) AS alerts, (SELECT count(*) FROM incidents) AS incidents,
      (SELECT count(*) FROM decisions) AS decisions, (SELECT min(time) FROM events) AS oldest
    FROM ledger`)
  const value = (name: string): number => Number(row![name] ?? 0)
  const time = (name: string): number | undefined => (row![name] === null ? undefined : Number(row![name]))
  return {
    engine: desk.engine,
    schema: desk.schema,
    logTime: value('log_time'),
    rows: {
      events: value('event_count'),
      alerts: value('alerts'),
      incidents: value('incidents'),
      decisions: value('decisions'),
      acts: value('act_number'),
    },
    watermark: { oldestEvent: time('oldest'), droppedEvents: value('dropped_events'), droppedAt: time('dropped_at') },
  }
}

export const archiveOn = (desk: Desk): Archive => {
  const list = <T>(sql: string, params: readonly Cell[] = []): Promise<T[]> =>
    desk.read(async (tx) => (await tx.rows(sql, params)).map(body<T>))

  return {
    events: (query) => desk.read((tx) => events(tx, query)),
    alerts(query) {
      const c = conditions()
      if (query.ids) c.add(`id IN (${marks(query.ids.length)})`, ...query.ids.map(packKey))
      if (query.subject !== undefined) c.add('subject = ?', packKey(query.subject))
      if (query.since !== undefined) c.add('stopped_at >= ?', whole(query.since))
      return list<Alert>(`SELECT body FROM alerts ${c.where()} ORDER BY stopped_at DESC, id LIMIT ?`, [
        ...c.params,
        limit(query.limit),
      ])
    },
    incidents(query) {
      const c = conditions()
      if (query.id !== undefined) c.add('id = ?', packKey(query.id))
      if (query.subject !== undefined) c.add('subject = ?', packKey(query.subject))
      if (query.open !== undefined) c.add('is_open = ?', query.open ? 1 : 0)
      return list<Incident>(`SELECT body FROM incidents ${c.where()} ORDER BY last_at DESC, id LIMIT ?`, [
        ...c.params,
        limit(query.limit),
      ])
    },
    decisions(query) {
      const c = conditions()
      if (query.id !== undefined) c.add('id = ?', packKey(query.id))
      if (query.value !== undefined) c.add('value = ?', packKey(query.value))
      if (query.activeAt !== undefined)
        c.add('withdrawn_at IS NULL AND starts_at <= ? AND until > ?', whole(query.activeAt), whole(query.activeAt))
      return list<Decision>(`SELECT body FROM decisions ${c.where()} ORDER BY starts_at DESC, id LIMIT ?`, [
        ...c.params,
        limit(query.limit),
      ])
    },
    allowlist: () => list<AllowEntry>('SELECT body FROM allowlist ORDER BY value'),
    findings: () => list<Finding>('SELECT body FROM findings ORDER BY code, subject'),
    tallies: () => desk.read(tallies),
    rejections: (n) => list<RejectionSample>('SELECT body FROM rejections ORDER BY number DESC LIMIT ?', [limit(n)]),
    acts: (n) =>
      desk.read(async (tx) =>
        (await tx.rows('SELECT * FROM acts ORDER BY number DESC LIMIT ?', [limit(n)])).map(actRow).map((row) => ({
          number: row.number,
          hash: row.hash,
          at: row.at,
          actor: unpackText(row.actor),
          verb: unpackText(row.verb),
          subject: unpackText(row.subject),
          detail: JSON.parse(row.detail) as Record<string, string | number | boolean>,
        })),
      ),
    verifyActs: () => desk.read(verifyActs),
    cursors: () => list<Cursor>('SELECT body FROM cursors ORDER BY source, touched'),
    async status() {
      const bytes = await desk.bytes()
      return { ...(await desk.read((tx) => status(tx, desk))), bytes }
    },
  }
}
