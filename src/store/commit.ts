/**
 * The one writer of what ingest produces. In: a Commit. Out: all of it in one transaction, or nothing and a Failure.
 *
 * - The same event id twice, in one commit or in two, is one event.
 * - Cursors and their results are in the same transaction: a crash anywhere reads the same bytes again to the same ids.
 * - The answer to a commit can be lost with the connection. Handing in the same object again is then safe: its token
 *   in the ledger tells that it was carried out, so nothing is counted twice.
 */

import { randomUUID } from 'node:crypto'
import type { Decision } from '../core/decision.ts'
import type { Event } from '../core/event.ts'
import { Failure } from '../core/failure.ts'
import type { Millis } from '../core/time.ts'
import { crashPoint } from '../kit/crash-point.ts'
import type { Commit, Tally } from '../kit/store.ts'
import { chain } from './act-chain.ts'
import { type Cell, type Desk, marks, type Row, slices, type Writing } from './desk.ts'
import { PAGE_SIZE, type PackedPage, packPages } from './event-page.ts'
import { writeTriggers } from './outbox.ts'
import { type Settled, settle } from './overlap.ts'
import { packIp, packKey, packText, whole } from './packed-key.ts'
import * as t from './tables.ts'

/** Finished streams whose cursors are kept per source: by them a source recognises rotated copies. */
const DONE_CURSORS = 64
/** Samples of rejected records that are kept. */
const REJECTION_RING = 10_000
/** More cursors than this in one commit would share an order of age; no source has as many. */
const CURSORS_PER_COMMIT = 100_000

export interface Seat {
  /** The number that `claim` drew; undefined when this store never claimed. */
  number: number | undefined
}

export const committer = (desk: Desk, seat: Seat) => {
  const tokens = new WeakMap<Commit, string>()
  return async (commit: Commit): Promise<void> => {
    const tried = tokens.get(commit)
    const token = tried ?? randomUUID()
    tokens.set(commit, token)
    // Before the transaction, which then holds the database's one lock for half as long.
    const pages = packPages(commit.events)
    await desk.write(async (tx) => {
      const ledger = await openLedger(tx, commit.logTime)
      if (seat.number !== undefined && seat.number !== ledger['seat']) throw seatLost()
      if (tried !== undefined && ledger['token'] === tried) return
      await writeAll(tx, commit, pages, ledger, token)
    })
  }
}

export const seatLost = (): Failure =>
  new Failure('STORE_SEAT_LOST', 'another daemon has taken over this state', {
    remedy: 'Stop one of the two daemons; each needs a database of its own.',
  })

/** Also takes the row's lock, so that two commits are never interleaved. */
const openLedger = async (tx: Writing, logTime: number): Promise<Row> => {
  const newest = whole(logTime)
  const [ledger] = await tx.rows(
    `UPDATE ledger SET commits = commits + 1, log_time = CASE WHEN log_time < ? THEN ? ELSE log_time END
     RETURNING commits, token, pages, rejections, act_number, act_hash, seat`,
    [newest, newest],
  )
  return ledger!
}

/** What was asked stays readable, but not the half megabyte of an import, which the decisions tell anyway. */
const ANSWER = `UPDATE commands SET ok = ?, answer = ?, answered_at = ?,
    body = CASE WHEN octet_length(body) > 4096 THEN '' ELSE body END
  WHERE number = ? AND answered_at IS NULL`

const writeAll = async (
  tx: Writing,
  commit: Commit,
  pages: readonly PackedPage[],
  ledger: Row,
  token: string,
): Promise<void> => {
  const stored = await writeEvents(tx, commit.events, pages, Number(ledger['pages']))
  await tx.put(t.ALERTS, commit.alerts.map(t.alertRow))
  await tx.put(t.INCIDENTS, newest(commit.incidents, (i) => i.id).map(t.incidentRow))
  await writeDecisions(tx, commit.decisions, commit.at)
  if (commit.forgotten !== undefined)
    await tx.rows('UPDATE decisions SET holds = NULL WHERE holds IS NOT NULL AND until <= ?', [whole(commit.forgotten)])
  await tx.put(t.CITATIONS, [...commit.alerts, ...commit.decisions].flatMap(t.citationRows))
  await writeState(tx, commit)
  await writeAccount(tx, commit, Number(ledger['rejections']))
  await writeCursors(tx, commit, Number(ledger['commits']))

  const acts = chain({ number: Number(ledger['act_number']), hash: String(ledger['act_hash']) }, commit.acts)
  await tx.put(t.ACTS, acts.map(t.actRow))
  await writeTriggers(tx, commit.triggers ?? [])
  for (const { command, ok, text } of commit.answers)
    await tx.rows(ANSWER, [ok ? 1 : 0, packText(text), whole(commit.at), command])

  crashPoint('store.rows-written')
  const head = acts.at(-1)
  await tx.rows(
    `UPDATE ledger SET token = ?, pages = ?, rejections = rejections + ?, act_number = ?, act_hash = ?,
       event_count = event_count + ?`,
    [
      token,
      stored.pages,
      commit.rejections.length,
      head?.number ?? ledger['act_number'] ?? 0,
      head?.hash ?? ledger['act_hash'] ?? '',
      stored.events,
    ],
  )
}

/** The last value per key, in order of first appearance: one statement may not touch a row twice. */
const newest = <T>(values: readonly T[], key: (value: T) => string): T[] => [
  ...new Map(values.map((value) => [key(value), value])).values(),
]

/**
 * Which of the events are new is only known once their rows are in, so a page may hold some that lie elsewhere too: no
 * row points at those. It happens when the same bytes are read twice, and costs less than asking for every id first.
 */
const writeEvents = async (tx: Writing, events: readonly Event[], pages: readonly PackedPage[], last: number) => {
  const rows: Cell[][] = []
  const clients = new Map<string, Uint8Array>()
  const clientOf = (ip: string): Uint8Array => {
    const packed = clients.get(ip) ?? packIp(ip)
    clients.set(ip, packed)
    return packed
  }
  for (const [i, { size }] of pages.entries())
    for (let place = 0; place < size; place++) {
      const event = events[rows.length]!
      rows.push(t.eventRow((last + i + 1) * PAGE_SIZE + place, event, clientOf(event.clientIp)))
    }
  const isNew = await tx.putNew(t.EVENTS, rows)
  const fresh = rows.filter((_, i) => isNew[i])
  const used = new Set(fresh.map(([n]) => Math.floor(Number(n) / PAGE_SIZE)))
  const bodies = pages.map(({ bytes }, i): Cell[] => [last + i + 1, bytes])
  await tx.put(
    t.PAGES,
    bodies.filter(([page]) => used.has(Number(page))),
  )
  return { pages: last + pages.length, events: fresh.length }
}

const writeDecisions = async (tx: Writing, decisions: readonly Decision[], at: Millis): Promise<void> => {
  if (decisions.length === 0) return
  const stored: Settled[] = []
  const earliest = Math.min(...decisions.map((d) => whole(d.startsAt)))
  for (const some of slices([...new Set(decisions.map((d) => packKey(d.value)))]))
    for (const row of await tx.rows(
      `SELECT body, CASE WHEN holds IS NULL THEN 0 ELSE 1 END AS held FROM decisions
       WHERE value IN (${marks(some.length)}) AND (holds IS NOT NULL OR (withdrawn_at IS NULL AND until > ?))`,
      [...some, earliest],
    ))
      stored.push({ decision: JSON.parse(String(row['body'])) as Decision, holds: row['held'] === 1 })
  const settled = settle(stored, decisions)
  // Places are given up before they are taken: the unique column is checked row by row.
  await tx.put(
    t.DECISIONS,
    settled.filter((s) => !s.holds).map((s) => t.decisionRow(s, at)),
  )
  await tx.put(
    t.DECISIONS,
    settled.filter((s) => s.holds).map((s) => t.decisionRow(s, at)),
  )
}

const writeState = async (tx: Writing, commit: Commit): Promise<void> => {
  const state = newest(commit.state, (row) => `${row.table}\u0000${row.key}`)
  await tx.put(t.STATE, state.filter((row) => row.value !== null).map(t.stateRow))
  await tx.remove(
    t.STATE_KEYS,
    state.filter((row) => row.value === null).map((row) => [packKey(row.table), packKey(row.key)]),
  )
  const allowlist = newest(commit.allowlist, (change) => change.value)
  await tx.put(
    t.ALLOWLIST,
    allowlist.filter((c) => c.entry).map((c) => [packKey(c.value), JSON.stringify(c.entry)]),
  )
  await tx.remove(
    t.ALLOWLIST_KEYS,
    allowlist.filter((c) => !c.entry).map((c) => [packKey(c.value)]),
  )
  await tx.put(t.FINDINGS, newest(commit.findings, (f) => `${f.code}\u0000${f.subject}`).map(t.findingRow))
}

const writeAccount = async (tx: Writing, commit: Commit, rejections: number): Promise<void> => {
  const tallies = new Map<string, Tally>()
  for (const tally of commit.tallies) {
    const key = `${tally.sensor}\u0000${tally.source}`
    const before = tallies.get(key)
    tallies.set(key, before ? added(before, tally) : tally)
  }
  await tx.put(t.TALLIES, [...tallies.values()].map(t.tallyRow))
  await tx.put(t.REJECTED, [...tallies.values()].flatMap(t.rejectedRows))
  const samples = commit.rejections.map((sample, i) => {
    const number = rejections + i
    return [number % REJECTION_RING, number, JSON.stringify(sample)]
  })
  await tx.put(t.REJECTIONS, samples.slice(-REJECTION_RING))
}

const added = (a: Tally, b: Tally): Tally => {
  const rejected: Tally['rejected'] = Object.fromEntries(
    [...Object.entries(a.rejected), ...Object.entries(b.rejected)].map(([code]) => [
      code,
      (a.rejected[code as keyof Tally['rejected']] ?? 0) + (b.rejected[code as keyof Tally['rejected']] ?? 0),
    ]),
  )
  return {
    sensor: a.sensor,
    source: a.source,
    bytes: a.bytes + b.bytes,
    records: a.records + b.records,
    events: a.events + b.events,
    ignored: a.ignored + b.ignored,
    rejected,
    untrustedHeaders: a.untrustedHeaders + b.untrustedHeaders,
    lostBytes: a.lostBytes + b.lostBytes,
  }
}

const writeCursors = async (tx: Writing, commit: Commit, commits: number): Promise<void> => {
  const cursors = newest(commit.cursors, (c) => `${c.source}\u0000${c.stream}`)
  await tx.put(
    t.CURSORS,
    cursors.map((cursor, i) => t.cursorRow(cursor, commits * CURSORS_PER_COMMIT + i)),
  )
  for (const source of new Set(cursors.filter((c) => c.done).map((c) => packKey(c.source))))
    await tx.rows(
      `DELETE FROM cursors WHERE source = ? AND done = 1 AND stream NOT IN (
         SELECT stream FROM cursors WHERE source = ? AND done = 1 ORDER BY touched DESC LIMIT ${DONE_CURSORS})`,
      [source, source],
    )
}
