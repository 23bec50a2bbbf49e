/**
 * Reads recorded logs to their end, as one history: records of several files are taken in the order of their log time,
 * so an access log and an audit log of the same hour, or a rotated set, correlate as they did when they were written.
 * No cursors (nothing will be resumed); everything else is committed exactly as the daemon does it.
 */
import { silent, type Trace } from '../core/reason.ts'
import type { Millis } from '../core/time.ts'
import type { Commit, Ledger } from '../kit/store.ts'
import { Batch } from './batch.ts'
import { ClockWatch } from './clock-watch.ts'
import { absorb, type Lane, type Outcome } from './engine.ts'
import type { Feed } from './loop.ts'
import type { Observer } from './observer.ts'
import { localReader, type Reader } from './reader.ts'
import type { Rooms } from './rooms.ts'
import { Sweeper } from './sweeper.ts'

/** A feed that may be read elsewhere; here unless it brings its own reader. */
export interface ReplayFeed extends Feed {
  readonly reader?: Reader
}

export interface ReplayOptions {
  readonly rooms: Rooms
  readonly ledger: Pick<Ledger, 'commit'>
  readonly clock: () => Millis
  readonly batchRecords: number
  readonly trace?: Trace
  readonly observer?: Observer
  onOutcome?(outcome: Outcome): void
  /** Awaited: a slow taker of results slows the reading. */
  onCommit?(commit: Commit): void | Promise<void>
  onBytes?(bytes: number): void
}

/** Where one feed stands: its next outcome, and those behind it. */
interface Head {
  readonly lane: Lane
  readonly portions: AsyncIterator<Iterable<Outcome>>
  outcomes: Iterator<Outcome>
  next: Outcome
}

export const replay = async (feeds: readonly ReplayFeed[], o: ReplayOptions, signal: AbortSignal): Promise<void> => {
  const batch = new Batch()
  const sweeper = new Sweeper()
  const clocks = new ClockWatch()
  const trace = o.trace ?? silent
  const commit = async () => {
    if (batch.empty) return
    const forgotten = sweeper.sweep(o.rooms)
    const sealed = batch.seal(o.clock(), o.rooms.state.drain(), forgotten)
    await o.ledger.commit(sealed)
    await o.onCommit?.(sealed)
  }

  const take = (outcome: Outcome, lane: Lane) => {
    absorb(outcome, lane, o.rooms, batch, trace, o.observer)
    if ('event' in outcome) {
      sweeper.saw(outcome.event.time)
      const jump = clocks.saw(lane.source, outcome.event.time)
      if (jump) batch.finding(jump)
    }
    o.onOutcome?.(outcome)
  }

  const heads: Head[] = []
  for (const feed of feeds) {
    const iterator = portions(feed, o, batch, signal)
    const head: Head = { lane: feed.lane, portions: iterator, outcomes: NOTHING.values(), next: NONE }
    if (await advance(head)) heads.push(head)
  }
  while (heads.length > 0 && !signal.aborted) {
    const head = heads.reduce((a, b) => (timeOf(b.next) < timeOf(a.next) ? b : a))
    // Run this feed until another one's next record is older: with a single file, to the end of the portion.
    const limit = Math.min(...heads.map((other) => (other === head ? Number.POSITIVE_INFINITY : timeOf(other.next))))
    let step: IteratorResult<Outcome>
    do {
      take(head.next, head.lane)
      step = head.outcomes.next()
      if (!step.done) head.next = step.value
    } while (!step.done && timeOf(head.next) <= limit)
    if (step.done && !(await advance(head))) heads.splice(heads.indexOf(head), 1)
    if (batch.records >= o.batchRecords) await commit()
  }
  await commit()
}

const NOTHING: readonly Outcome[] = []
const NONE: Outcome = { ignored: '' }

/** Moves to the first outcome of the next portion that has one; false when the feed has ended. */
const advance = async (head: Head): Promise<boolean> => {
  for (;;) {
    const portion = await head.portions.next()
    if (portion.done) return false
    head.outcomes = portion.value[Symbol.iterator]()
    const first = head.outcomes.next()
    if (first.done) continue
    head.next = first.value
    return true
  }
}

/** A rejection has no time of its own: it is taken at once. */
const timeOf = (outcome: Outcome): Millis => ('event' in outcome ? outcome.event.time : Number.NEGATIVE_INFINITY)

/** Items whose outcomes may be under way at once: enough to keep two cores busy, little enough to stay small. */
const AHEAD = 16

async function* portions(
  { source, lane, reader: elsewhere }: ReplayFeed,
  o: ReplayOptions,
  batch: Batch,
  signal: AbortSignal,
): AsyncGenerator<Iterable<Outcome>> {
  const reader = elsewhere ?? localReader(lane, o.trace ?? silent)
  const underWay: ReturnType<Reader['read']>[] = []
  for await (const item of source.read([], signal)) {
    if (item.kind === 'finding') batch.finding(item.finding)
    if (item.kind === 'end' && item.lost) batch.lost(lane, item.lost)
    if (item.kind === 'bytes' || item.kind === 'record') {
      batch.bytes(lane, item.bytes.length)
      o.onBytes?.(item.bytes.length)
    }
    underWay.push(reader.read(item))
    if (underWay.length < AHEAD) continue
    yield await underWay.shift()!
  }
  for (const due of underWay) yield await due
}
