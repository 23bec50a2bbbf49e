/**
 * Retention. Drops what is too old, then the oldest of what is too much; keeps what an active decision or an alert of
 * an open incident rests on, whatever its age. Alerts, closed incidents, ended decisions and answered
 * commands go once they have been over for `maxAge`; the audit trail never goes.
 *
 * Works in chunks, each a transaction of its own with a breath between, so that a commit waits for one chunk at most.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import type { Millis } from '../core/time.ts'
import type { Retention } from '../kit/store.ts'
import { type Cell, type Desk, marks, type Row, slices, type Writing } from './desk.ts'
import { PAGE_SIZE } from './event-page.ts'
import { mergePages } from './merge-pages.ts'
import { packId, packKey, whole } from './packed-key.ts'
import { CITATIONS } from './tables.ts'

const CHUNK = 1000
const ROUNDS = 4

/** Where the walk from the oldest event on has got to: kept evidence is stepped over, not met again. */
interface Place {
  readonly time: number
  readonly n: number
}

const START: Place = { time: Number.MIN_SAFE_INTEGER, n: Number.MIN_SAFE_INTEGER }

export const retentionOn = (desk: Desk): Retention => ({
  async trim({ maxAge, maxBytes, now }) {
    const cutoff = whole(now - maxAge)
    let dropped = 0
    let place: Place | undefined = START
    const step = async (before: Millis, atMost: number): Promise<void> => {
      const from: Place = place ?? START
      const done = await desk.write((tx) => dropOldest(tx, from, before, Math.min(CHUNK, atMost), whole(now)))
      dropped += done.dropped
      place = done.next
      await breathe()
    }
    while (place) await step(cutoff, CHUNK)
    await forgetEnded(desk, cutoff)

    place = START
    // What is left is estimated from the mean size, so a second look may find a little more to do.
    for (let round = 0; place && round < ROUNDS; round++) {
      const goal = dropped + (await excess(desk, maxBytes))
      if (goal === dropped) break
      while (place && dropped < goal) await step(Number.MAX_SAFE_INTEGER, goal - dropped)
    }
    await mergePages(desk)
    await desk.shrink()
    return { dropped }
  },
})

/** About how many events too many there are: the share by which the store is too big. */
const excess = async (desk: Desk, maxBytes: number): Promise<number> => {
  const live = await desk.liveBytes()
  if (live <= maxBytes) return 0
  const [row] = await desk.read((tx) => tx.rows('SELECT event_count FROM ledger'))
  const events = Number(row!['event_count'])
  return Math.max(1, Math.ceil(events * (1 - maxBytes / live)))
}

const HELD = `EXISTS (
    SELECT 1 FROM citations c JOIN decisions d ON d.id = c.holder
    WHERE c.event = e.id AND d.withdrawn_at IS NULL AND d.until > ?)
  OR EXISTS (
    SELECT 1 FROM citations c JOIN alerts a ON a.id = c.holder
      JOIN incidents i ON i.subject = a.subject AND i.is_open = 1 AND i.opened_at <= a.stopped_at
    WHERE c.event = e.id)`

const dropOldest = async (tx: Writing, from: Place, before: Millis, atMost: number, now: Millis) => {
  const rows = await tx.rows(
    `SELECT e.n, e.id, e.time, CASE WHEN ${HELD} THEN 1 ELSE 0 END AS held FROM events e
     WHERE (e.time, e.n) > (?, ?) AND e.time < ? ORDER BY e.time, e.n LIMIT ?`,
    [now, from.time, from.n, before, atMost],
  )
  const free = rows.filter((row) => row['held'] === 0)
  const numbers = free.map((row) => Number(row['n']))
  for (const some of slices(numbers)) await tx.rows(`DELETE FROM events WHERE n IN (${marks(some.length)})`, some)
  for (const some of slices(free.map((row) => row['id'] as Cell)))
    await tx.rows(`DELETE FROM citations WHERE event IN (${marks(some.length)})`, some)
  await dropEmptyPages(tx, numbers)
  if (free.length > 0)
    await tx.rows(
      'UPDATE ledger SET event_count = event_count - ?, dropped_events = dropped_events + ?, dropped_at = ?',
      [free.length, free.length, now],
    )
  const last = rows.at(-1)
  const next: Place | undefined = last && { time: Number(last['time']), n: Number(last['n']) }
  return { dropped: free.length, next }
}

export const dropEmptyPages = async (tx: Writing, numbers: readonly number[]): Promise<void> => {
  for (const pages of slices([...new Set(numbers.map((n) => Math.floor(n / PAGE_SIZE)))]))
    await tx.rows(
      `DELETE FROM pages WHERE page IN (${marks(pages.length)}) AND NOT EXISTS (
         SELECT 1 FROM events WHERE n >= pages.page * ${PAGE_SIZE} AND n < (pages.page + 1) * ${PAGE_SIZE})`,
      pages,
    )
}

/** Rows that ended before the cutoff, with the citations that were theirs. */
const ENDED: readonly { readonly table: string; readonly where: string; readonly holds: boolean }[] = [
  // Two questions, because each has its index and their disjunction would have none.
  { table: 'decisions', where: 'until < ?', holds: true },
  { table: 'decisions', where: 'withdrawn_at IS NOT NULL AND withdrawn_at < ?', holds: true },
  {
    table: 'alerts',
    where: `stopped_at < ? AND NOT EXISTS (
      SELECT 1 FROM incidents i WHERE i.subject = alerts.subject AND i.is_open = 1 AND i.opened_at <= alerts.stopped_at)
      AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.value = alerts.subject)`,
    holds: true,
  },
  { table: 'incidents', where: 'is_open = 0 AND last_at < ?', holds: false },
]

const forgetEnded = async (desk: Desk, cutoff: Millis): Promise<void> => {
  for (const { table, where, holds } of ENDED) {
    let found: readonly Row[]
    do {
      found = await desk.write(async (tx) => {
        const rows = await tx.rows(`SELECT id, body FROM ${table} WHERE ${where} LIMIT ${CHUNK}`, [cutoff])
        if (holds) await tx.remove(CITATIONS, rows.flatMap(citationsOf))
        for (const some of slices(rows.map((row) => String(row['id']))))
          await tx.rows(`DELETE FROM ${table} WHERE id IN (${marks(some.length)})`, some)
        return rows
      })
      await breathe()
    } while (found.length === CHUNK)
  }
  await desk.write((tx) => tx.rows('DELETE FROM commands WHERE answered_at < ?', [cutoff]))
  for (let more = true; more; ) {
    const gone = await desk.write((tx) => tx.rows(FORGET_PROOFS, [cutoff]))
    more = gone.length === CHUNK
    await breathe()
  }
}

/** Those of decisions that are no longer kept. */
const FORGET_PROOFS = `DELETE FROM proofs WHERE (decision, point, act) IN (
    SELECT decision, point, act FROM proofs p
    WHERE requested_at < ? AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = p.decision) LIMIT ${CHUNK})
  RETURNING decision`

const citationsOf = (row: Row): Cell[][] => {
  const { id, events } = JSON.parse(String(row['body'])) as { id: string; events: readonly string[] }
  return events.map((event) => [packId(event), packKey(id)])
}
