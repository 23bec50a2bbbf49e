/**
 * The loop that turns sources into commits.
 *
 * Every source has a pump; all pumps feed one engine and one batch. A batch is committed when it is large, when every
 * source is idle, or when its oldest record has waited long enough, in one transaction together with the cursors.
 * A commit that fails is kept and tried again; meanwhile the pumps stand still, so memory stays bounded and nothing is lost.
 */
import { Failure } from '../core/failure.ts'
import { silent, type Trace } from '../core/reason.ts'
import type { Millis } from '../core/time.ts'
import type { TriggerKind } from '../core/trigger.ts'
import { crashPoint } from '../kit/crash-point.ts'
import type { Cursor, Source, SourceItem } from '../kit/source.ts'
import type { Commit, Ledger } from '../kit/store.ts'
import { Batch } from './batch.ts'
import { ClockWatch } from './clock-watch.ts'
import { type Lane, type Outcome, take } from './engine.ts'
import type { Observer } from './observer.ts'
import type { Rooms } from './rooms.ts'
import { Streams } from './streams.ts'
import { Sweeper } from './sweeper.ts'
import { triggersIn } from './triggers.ts'

const NOBODY: ReadonlySet<TriggerKind> = new Set()

export interface Feed {
  readonly source: Source
  readonly lane: Lane
}

export interface LoopOptions {
  readonly rooms: Rooms
  readonly ledger: Pick<Ledger, 'commit'>
  readonly clock: () => Millis
  /** Records after which a batch is committed whatever the clock says. */
  readonly batchRecords: number
  /** Longest a record waits for its commit while others keep coming. */
  readonly batchMillis: Millis
  /** Kinds of triggers that some playbook answers. */
  readonly listens?: ReadonlySet<TriggerKind>
  readonly trace?: Trace
  readonly observer?: Observer
  onOutcome?(outcome: Outcome): void
  /** Told after each durable commit. */
  onCommit?(commit: Commit): void
  /** Told when a commit failed and will be tried again. */
  onRetry?(failure: unknown, waitMillis: Millis): void
}

export class Loop {
  readonly #o: LoopOptions
  readonly batch = new Batch()
  #committing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #logTime: Millis = 0
  readonly #sweeper = new Sweeper()
  readonly #clocks = new ClockWatch()
  #failed: unknown
  /** Ends every pump: a source that has nothing to say would otherwise not notice that the store is gone. */
  readonly #stop = new AbortController()

  constructor(options: LoopOptions) {
    this.#o = options
  }

  /** Runs until every feed has ended or `signal` aborts; commits what was taken; throws what can't be retried. */
  async run(feeds: readonly Feed[], cursors: readonly Cursor[], signal: AbortSignal): Promise<void> {
    const both = AbortSignal.any([signal, this.#stop.signal])
    try {
      await Promise.all(
        feeds.map((feed) =>
          this.#pump(feed, cursors, both).catch((error) => {
            this.#stop.abort()
            throw error
          }),
        ),
      )
    } finally {
      clearTimeout(this.#timer)
      this.#timer = undefined
      if (this.#failed === undefined) await this.commit()
    }
    if (this.#failed !== undefined) throw this.#failed
  }

  async #pump({ source, lane }: Feed, cursors: readonly Cursor[], signal: AbortSignal): Promise<void> {
    const streams = new Streams(lane)
    for await (const item of source.read(
      cursors.filter((c) => c.source === source.id),
      signal,
    )) {
      this.#handle(item, lane, streams)
      if (this.batch.records >= this.#o.batchRecords) await this.commit()
      else if (item.kind === 'idle') await this.commit()
      else this.#arm()
      if (signal.aborted || this.#failed !== undefined) return
    }
  }

  #handle(item: SourceItem, lane: Lane, streams: Streams): void {
    const { batch } = this
    switch (item.kind) {
      case 'bytes': {
        batch.bytes(lane, item.bytes.length)
        const { records, cursor } = streams.bytes(item)
        for (const record of records) this.#take(record, lane)
        batch.cursor(cursor)
        return
      }
      case 'record':
        batch.bytes(lane, item.bytes.length)
        this.#take({ bytes: item.bytes, ref: { source: item.path, offset: 0, length: item.bytes.length } }, lane)
        batch.cursor(item.cursor)
        return
      case 'unread':
        batch.rejected(lane, {
          code: item.code,
          text: item.text,
          raw: { source: item.path, offset: item.cursor.offset - item.length, length: item.length },
        })
        batch.cursor(item.cursor)
        return
      case 'end': {
        const { records, cursor } = streams.end(item)
        for (const record of records) this.#take(record, lane)
        if (item.lost) batch.lost(lane, item.lost)
        batch.cursor(cursor)
        return
      }
      case 'finding':
        batch.finding(item.finding)
        return
      case 'idle':
    }
  }

  #take(record: Parameters<typeof take>[0], lane: Lane): void {
    const outcome = take(record, lane, this.#o.rooms, this.batch, this.#o.trace ?? silent, this.#o.observer)
    if ('event' in outcome) {
      const { time } = outcome.event
      this.#sweeper.saw(time)
      const jump = this.#clocks.saw(lane.source, time, this.#o.clock())
      if (jump) this.batch.finding(jump)
    }
    this.#o.onOutcome?.(outcome)
  }

  /** A batch that never fills and whose source never idles is committed by the clock. */
  #arm(): void {
    if (this.#timer || this.batch.empty) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.commit().catch(() => {})
    }, this.#o.batchMillis)
  }

  /** Makes everything taken so far durable. Commits are strictly one after another, in the order of the batches. */
  commit(): Promise<void> {
    const next = (this.#committing ?? Promise.resolve()).then(() => this.#commitNow())
    this.#committing = next.catch(() => {})
    return next
  }

  async #commitNow(): Promise<void> {
    if (this.#failed !== undefined) throw this.#failed
    if (this.batch.empty) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { rooms, ledger, clock } = this.#o
    this.#logTime = Math.max(this.#logTime, this.batch.logTime)
    const forgotten = this.#sweeper.sweep(rooms)
    const sealed = { ...this.batch.seal(clock(), rooms.state.drain(), forgotten), logTime: this.#logTime }
    const commit = { ...sealed, triggers: triggersIn(sealed, this.#o.listens ?? NOBODY) }
    for (let attempt = 0; ; attempt++) {
      try {
        crashPoint('batch.sealed')
        await ledger.commit(commit)
        crashPoint('commit.done')
        break
      } catch (error) {
        if (!(error instanceof Failure) || error.retry === 'never') {
          this.#failed = error
          this.#stop.abort()
          throw error
        }
        const wait = error.retry === 'backoff' ? Math.min(30_000, 100 * 2 ** attempt) : error.retry.after
        this.#o.onRetry?.(error, wait)
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
    }
    this.#o.onCommit?.(commit)
  }
}
