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

/** The outcomes of one source item; their order within a lane is the order in the log. */
type Portion = { readonly lane: Lane; readonly outcomes: readonly Outcome[]; next: number }

export const replay = async (feeds: readonly ReplayFeed[], o: ReplayOptions, signal: AbortSignal): Promise<void> => {
  const batch = new Batch()
  const sweeper = new Sweeper()
  const clocks = new ClockWatch()
  const trace = o.trace ?? silent
  const commit = async () => {
    if (batch.empty) return
    sweeper.sweep(o.rooms.state)
    const sealed = batch.seal(o.clock(), o.rooms.state.drain())
    await o.ledger.commit(sealed)
    await o.onCommit?.(sealed)
  }

  const readers = feeds.map((feed) => portions(feed, o, batch, signal))
  const heads: Portion[] = []
  const refill = async (reader: AsyncIterator<Portion>) => {
    const { value, done } = await reader.next()
    if (!done) heads.push(value)
  }
  const waiting = new Map<Portion, AsyncIterator<Portion>>()
  for (const reader of readers) {
    const before = heads.length
    await refill(reader)
    if (heads.length > before) waiting.set(heads.at(-1)!, reader)
  }

  while (heads.length > 0 && !signal.aborted) {
    const head = heads.length === 1 ? heads[0]! : earliest(heads)
    // Run this lane until another one's next record is older: with a single file, to the end of the portion.
    const limit =
      heads.length === 1 ? Number.POSITIVE_INFINITY : Math.min(...heads.filter((h) => h !== head).map(timeOfNext))
    do {
      const outcome = head.outcomes[head.next++]!
      absorb(outcome, head.lane, o.rooms, batch, trace, o.observer)
      if ('event' in outcome) {
        sweeper.saw(outcome.event.time)
        const jump = clocks.saw(head.lane.source, outcome.event.time)
        if (jump) batch.finding(jump)
      }
      o.onOutcome?.(outcome)
    } while (head.next < head.outcomes.length && timeOfNext(head) <= limit)
    if (head.next === head.outcomes.length) {
      heads.splice(heads.indexOf(head), 1)
      const reader = waiting.get(head)!
      waiting.delete(head)
      const before = heads.length
      await refill(reader)
      if (heads.length > before) waiting.set(heads.at(-1)!, reader)
    }
    if (batch.records >= o.batchRecords) await commit()
  }
  await commit()
}

/** A rejection has no time of its own: it goes with whatever comes next. */
const timeOfNext = (portion: Portion): Millis => {
  for (let i = portion.next; i < portion.outcomes.length; i++) {
    const outcome = portion.outcomes[i]!
    if ('event' in outcome) return outcome.event.time
  }
  return Number.NEGATIVE_INFINITY
}

const earliest = (heads: readonly Portion[]): Portion => heads.reduce((a, b) => (timeOfNext(b) < timeOfNext(a) ? b : a))

/** Items whose outcomes may be under way at once: enough to keep two cores busy, little enough to stay small. */
const AHEAD = 4

async function* portions(
  { source, lane, reader: elsewhere }: ReplayFeed,
  o: ReplayOptions,
  batch: Batch,
  signal: AbortSignal,
): AsyncGenerator<Portion> {
  const reader = elsewhere ?? localReader(lane, o.trace ?? silent)
  const underWay: (readonly Outcome[] | Promise<readonly Outcome[]>)[] = []
  for await (const item of source.read([], signal)) {
    if (item.kind === 'finding') batch.finding(item.finding)
    if (item.kind === 'end' && item.lost) batch.lost(lane, item.lost)
    if (item.kind === 'bytes' || item.kind === 'record') {
      batch.bytes(lane, item.bytes.length)
      o.onBytes?.(item.bytes.length)
    }
    underWay.push(reader.read(item))
    if (underWay.length < AHEAD) continue
    const outcomes = await underWay.shift()!
    if (outcomes.length > 0) yield { lane, outcomes, next: 0 }
  }
  for (const due of underWay) {
    const outcomes = await due
    if (outcomes.length > 0) yield { lane, outcomes, next: 0 }
  }
}
