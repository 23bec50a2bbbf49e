/**
 * A daemon on a quiet site commits a few events at a time, and a page of one event compresses badly (about 800 bytes
 * instead of 140). So small pages are merged into full ones later, a chunk at a time, when retention comes round;
 * the ledger remembers up to where that has been done.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import type { Event } from '../core/event.ts'
import { type Cell, type Desk, marks, type Row, slices, type Writing } from './desk.ts'
import { PAGE_SIZE, packPages } from './event-page.ts'
import { readPage } from './event-page-read.ts'
import { PAGES } from './tables.ts'

/** Pages looked at per step: a commit waits for one step at most, some 2,000 events rewritten. */
const PAGES_PER_STEP = 32
/** A page with at least this many events is left as it is. */
const GOOD = PAGE_SIZE / 2

export const mergePages = async (desk: Desk): Promise<void> => {
  for (let more = true; more; ) {
    more = await desk.write(mergeSome)
    await breathe()
  }
}

const mergeSome = async (tx: Writing): Promise<boolean> => {
  const [ledger] = await tx.rows('SELECT pages, merged_page FROM ledger')
  const first = Number(ledger!['merged_page']) + 1
  const newest = Number(ledger!['pages'])
  const counts = await tx.rows(
    `SELECT n / ${PAGE_SIZE} AS page, count(*) AS events FROM events WHERE n >= ? AND n < ?
     GROUP BY n / ${PAGE_SIZE} ORDER BY page LIMIT ${PAGES_PER_STEP}`,
    [first * PAGE_SIZE, (newest + 1) * PAGE_SIZE],
  )
  const small = counts.filter((row) => Number(row['events']) < GOOD).map((row) => Number(row['page']))
  const events = await readAll(tx, small)
  const seenAll = counts.length < PAGES_PER_STEP
  // What does not fill a page waits for more, unless so much else was looked at that waiting would repeat the work.
  const moved = seenAll ? events.slice(0, wholePages(events)) : events
  const pages = await rewrite(tx, moved, newest)
  const rest = events.slice(moved.length)
  const lastSeen = seenAll ? newest + pages : Number(counts.at(-1)!['page'])
  const merged = rest.length > 0 ? Math.floor(rest[0]!.n / PAGE_SIZE) - 1 : lastSeen
  await tx.rows('UPDATE ledger SET pages = ?, merged_page = ?', [newest + pages, merged])
  return !seenAll
}

/**
 * How many of the events to move so that the new pages are full. Never part of an old page: an old page goes when its
 * events go, and what it still held would go with it.
 */
const wholePages = (events: readonly Placed[]): number => {
  const pageOf = (i: number) => Math.floor(events[i]!.n / PAGE_SIZE)
  let cut = events.length - (events.length % PAGE_SIZE)
  while (cut > 0 && cut < events.length && pageOf(cut - 1) === pageOf(cut)) cut--
  return cut
}

interface Placed {
  readonly n: number
  readonly event: Event
}

const readAll = async (tx: Writing, pages: readonly number[]): Promise<Placed[]> => {
  const all: Placed[] = []
  for (const some of slices(pages)) {
    const live = new Set<number>()
    for (const page of some)
      for (const row of await tx.rows('SELECT n FROM events WHERE n >= ? AND n < ?', [
        page * PAGE_SIZE,
        (page + 1) * PAGE_SIZE,
      ]))
        live.add(Number(row['n']))
    const rows: readonly Row[] = await tx.rows(
      `SELECT page, body FROM pages WHERE page IN (${marks(some.length)}) ORDER BY page`,
      some,
    )
    for (const row of rows)
      for (const [place, event] of readPage(row['body'] as Uint8Array).entries()) {
        const n = Number(row['page']) * PAGE_SIZE + place
        if (live.has(n)) all.push({ n, event })
      }
  }
  return all
}

/** Packs events anew behind page `last` and points their rows there; the number of pages written. */
const rewrite = async (tx: Writing, events: readonly Placed[], last: number): Promise<number> => {
  const pages = packPages(events.map(({ event }) => event))
  const bodies: Cell[][] = []
  let moved = 0
  for (const { size, bytes } of pages) {
    const page = last + bodies.length + 1
    for (let place = 0; place < size; place++)
      await tx.rows('UPDATE events SET n = ? WHERE n = ?', [page * PAGE_SIZE + place, events[moved++]!.n])
    bodies.push([page, bytes])
  }
  await tx.put(PAGES, bodies)
  const old = [...new Set(events.map(({ n }) => Math.floor(n / PAGE_SIZE)))]
  for (const some of slices(old)) await tx.rows(`DELETE FROM pages WHERE page IN (${marks(some.length)})`, some)
  return bodies.length
}
