/**
 * Drives one enforcement point. In: changes of the roster. Out: the same set at the point, proved.
 *
 *   doubt   → the whole set goes out as a snapshot (start, failed change, restarted outside, overfull point)
 *   steady  → changes wait in one map, the newest per subject, and go out together; while one batch is under way the
 *             next one gathers, so a slow point gets few large changes and a fast one gets each at once
 *
 * What was applied is verified beside that, and asked again until the point says so. Every `auditEvery` the point is
 * asked for all that it holds: what is missing there is sent again, what is too much is taken away, and a finding says so.
 */
import { Failure } from '../core/failure.ts'
import type { Finding } from '../core/finding.ts'
import { MINUTE, type Millis, SECOND } from '../core/time.ts'
import type { Logger } from '../kit/logger.ts'
import type { RosterChange } from '../kit/roster.ts'
import type { Call, Entry, Sink } from '../kit/sink.ts'
import type { PointState } from '../kit/store.ts'
import { createAuditor } from './audit.ts'
import { pause } from './pause.ts'
import { concerns, placement } from './placement.ts'
import type { ProofBook } from './proof-book.ts'
import type { ActiveRoster } from './roster.ts'
import { createVerifier } from './verifier.ts'

export interface DriverOptions {
  readonly name: string
  /** The connector's id. */
  readonly kind: string
  readonly sink: Sink
  readonly roster: ActiveRoster
  readonly proofs: ProofBook
  readonly log: Logger
  readonly clock: () => Millis
  finding(finding: Finding): void
  readonly auditEvery?: Millis
  /** A request that is not applied after this long raises a finding. */
  readonly lagAfter?: Millis
}

/** Subjects per change: enough to be fast, little enough to be repeated after a failure. */
const BATCH = 1000
const LONGEST_WAIT: Millis = 30 * SECOND
/** How long a change under way may hold up the end of the daemon. */
const LAST_WAIT: Millis = 3 * SECOND

interface Waiting {
  readonly entry: Entry
  readonly act: 'block' | 'unblock'
  readonly since: Millis
}

export class Driver {
  readonly name: string
  readonly #o: DriverOptions
  readonly #waiting = new Map<string, Waiting>()
  /** Subjects of the change that is under way. */
  #underWay: ReadonlySet<string> = new Set()
  readonly #stop = new AbortController()
  readonly #verifier
  readonly #auditor
  readonly #placement
  #doubt: string | undefined = 'start'
  #allowChanged = false
  #wake: (() => void) | undefined
  #failures = 0
  #trouble: string | undefined
  #state: PointState['state'] = 'starting'
  #since: Millis
  #appliedAt: Millis | undefined
  #lagging = false
  #running: Promise<void> | undefined
  #report: PointState['report']

  constructor(options: DriverOptions) {
    this.#o = options
    this.name = options.name
    this.#since = options.clock()
    const call = () => this.#call()
    this.#placement = placement(options.roster, options.sink)
    this.#verifier = createVerifier({
      ...options,
      call,
      again: (entries) => this.#again(entries),
      unproven: (entry, act, text) => options.proofs.trouble(options.name, entry, act, text, options.clock()),
    })
    this.#auditor = createAuditor({
      ...options,
      call,
      places: (entry) => this.#placement.takes(entry),
      underWay: () => new Set([...this.#waiting.keys(), ...this.#underWay]),
      repair: (missing, surplus) => this.#repair(missing, surplus),
    })
  }

  start(): void {
    this.#running = Promise.all([this.#run(), this.#audit()]).then(() => undefined)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#wake?.()
    this.#verifier.stop()
    const ended = new AbortController()
    const running = Promise.resolve(this.#running).catch(() => undefined)
    await Promise.race([running.finally(() => ended.abort()), pause(LAST_WAIT, ended.signal)])
    await this.#o.sink.close()
  }

  /** The outside may have lost what it held. */
  doubt(reason: string): void {
    this.#doubt ??= reason
    this.#wake?.()
  }

  change(change: RosterChange, at: Millis): void {
    const { proofs, name, sink } = this.#o
    for (const entry of change.added) {
      if (!concerns(sink, entry)) {
        // It was a ban here and became something that this point cannot do.
        if (entry.since < entry.version) this.#wait(entry, 'unblock', at)
        continue
      }
      const withheld = sink.withholds?.(entry)
      proofs.note(name, entry, 'block', 'requested', at)
      if (withheld === undefined) this.#wait(entry, 'block', at)
      else proofs.trouble(name, entry, 'block', `withheld: ${withheld}`, at)
    }
    for (const { entry } of change.ended) {
      if (!concerns(sink, entry) || sink.withholds?.(entry) !== undefined) continue
      proofs.note(name, entry, 'unblock', 'requested', at)
      this.#wait(entry, 'unblock', at)
    }
    if (this.#placement.isOverfull()) this.doubt('more entries than it holds')
    this.#wake?.()
  }

  allowChanged(): void {
    this.#allowChanged = true
    this.#wake?.()
  }

  state(): PointState {
    const { name, kind, clock } = this.#o
    const counts = this.#placement.counts()
    const verifiedAt = this.#verifier.verifiedAt()
    const audited = this.#auditor.last()
    return {
      name,
      kind,
      state: this.#state,
      since: this.#since,
      ...counts,
      ...(audited.held === undefined ? {} : { held: audited.held }),
      drift: audited.drift,
      ...(this.#appliedAt === undefined ? {} : { appliedAt: this.#appliedAt }),
      ...(verifiedAt === undefined ? {} : { verifiedAt }),
      ...(audited.soundAt === undefined ? {} : { auditedAt: audited.soundAt }),
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
      ...(this.#report === undefined ? {} : { report: this.#report }),
      at: clock(),
    }
  }

  /** Called now and then: says when something has waited too long, here or for its proof. */
  watch(now: Millis): void {
    const oldest = Math.min(this.#waiting.values().next().value?.since ?? now, this.#verifier.oldest() ?? now)
    const lagging = now - oldest > (this.#o.lagAfter ?? 5 * SECOND) + (this.#o.sink.slack ?? 0)
    if (lagging === this.#lagging) return
    this.#lagging = lagging
    this.#o.finding({
      code: 'enforce.lag',
      level: 'warning',
      subject: this.name,
      text: `a decision was not enforced ${Math.round((now - oldest) / SECOND)} s after it was made`,
      remedy: this.#trouble ?? 'See riposte points; the point is slow, or does not do what it was told.',
      at: now,
      ...(lagging ? {} : { cleared: true }),
    })
  }

  #call(): Call {
    return { key: `${this.name}/${this.#o.roster.version}`, signal: this.#stop.signal, log: this.#o.log }
  }

  #wait(entry: Entry, act: Waiting['act'], since: Millis): void {
    const known = this.#waiting.get(entry.value)
    this.#waiting.set(entry.value, { entry, act, since: known?.act === act ? known.since : since })
  }

  #again(entries: readonly { readonly entry: Entry; readonly act: 'block' | 'unblock' }[]): void {
    for (const { entry, act } of entries) if (!this.#waiting.has(entry.value)) this.#wait(entry, act, this.#o.clock())
    this.#wake?.()
  }

  #repair(missing: readonly Entry[], surplus: readonly string[]): void {
    const now = this.#o.clock()
    for (const entry of missing) this.#wait(entry, 'block', now)
    for (const value of surplus) this.#wait(strayEntry(value), 'unblock', now)
    this.#wake?.()
  }

  #turn(state: PointState['state']): void {
    if (this.#state === state) return
    this.#state = state
    this.#since = this.#o.clock()
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (this.#doubt === undefined && this.#waiting.size === 0 && !this.#allowChanged) {
        this.#turn('steady')
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.#wake = undefined
        continue
      }
      try {
        if (this.#doubt !== undefined) await this.#snapshot()
        else await this.#delta()
        this.#recovered()
      } catch (error) {
        if (!this.#stop.signal.aborted) await this.#failed(error)
      }
    }
  }

  async #snapshot(): Promise<void> {
    const { sink, roster, log, clock, name } = this.#o
    log.info({ point: name, because: this.#doubt, entries: roster.size }, 'sending the whole set')
    if (this.#state !== 'down') this.#turn(this.#state === 'starting' ? 'starting' : 'working')
    this.#doubt = undefined
    this.#allowChanged = false
    // What comes in from now on may or may not be part of the snapshot: it goes out again after it.
    const before = new Map(this.#waiting)
    this.#waiting.clear()
    try {
      await sink.sync({ kind: 'snapshot', entries: this.#placement.place(), allow: roster.allow }, this.#call())
    } catch (error) {
      this.#doubt ??= 'the last snapshot failed'
      for (const [value, waiting] of before) if (!this.#waiting.has(value)) this.#waiting.set(value, waiting)
      throw error
    }
    this.#appliedAt = clock()
    this.#applied([...before.values()])
    this.#auditor.soon()
  }

  async #delta(): Promise<void> {
    const { sink, roster, clock } = this.#o
    const batch: Waiting[] = []
    for (const [value, waiting] of this.#waiting) {
      if (batch.length === BATCH) break
      this.#waiting.delete(value)
      // As it stands now: it may have been extended, or have ended, since it was put here.
      const entry = roster.get(value)
      if (waiting.act === 'unblock') {
        if (!(entry && this.#placement.takes(entry))) batch.push(waiting)
      } else if (entry && this.#placement.takes(entry)) batch.push({ ...waiting, entry })
    }
    const allow = this.#allowChanged ? { allow: roster.allow } : {}
    this.#allowChanged = false
    if (batch.length === 0 && !('allow' in allow)) return
    this.#underWay = new Set(batch.map((w) => w.entry.value))
    try {
      await sink.sync(
        {
          kind: 'delta',
          added: batch.filter((w) => w.act === 'block').map((w) => w.entry),
          removed: batch.filter((w) => w.act === 'unblock').map((w) => w.entry),
          ...allow,
        },
        this.#call(),
      )
    } catch (error) {
      for (const waiting of batch)
        if (!this.#waiting.has(waiting.entry.value)) this.#waiting.set(waiting.entry.value, waiting)
      // Nobody knows how much of it arrived.
      this.#doubt ??= 'a change failed'
      throw error
    } finally {
      this.#underWay = new Set()
    }
    this.#appliedAt = clock()
    this.#applied(batch)
  }

  #applied(batch: readonly Waiting[]): void {
    const { proofs, clock, name } = this.#o
    const now = clock()
    for (const { entry, act } of batch) proofs.note(name, entry, act, 'applied', now)
    this.#verifier.ask(batch)
  }

  #recovered(): void {
    const { clock, finding } = this.#o
    this.#failures = 0
    if (this.#trouble === undefined) return
    this.#trouble = undefined
    this.#turn('working')
    finding({ ...this.#down('it answers again', 'Nothing to do.'), at: clock(), cleared: true })
  }

  async #failed(error: unknown): Promise<void> {
    const { log, clock, finding, name } = this.#o
    const failure =
      error instanceof Failure
        ? error
        : new Failure('ENFORCE_DEFECT', `${(error as Error)?.message ?? error}`, { retry: 'backoff', cause: error })
    this.#failures++
    this.#trouble = failure.message
    log.warn({ point: name, error: failure.message, code: failure.code, tries: this.#failures }, 'not enforced yet')
    if (this.#failures === 2) {
      this.#turn('down')
      finding({ ...this.#down(failure.message, failure.remedy ?? 'It is tried again by itself.'), at: clock() })
    }
    const wait =
      typeof failure.retry === 'object' ? failure.retry.after : Math.min(LONGEST_WAIT, 100 * 2 ** this.#failures)
    await pause(wait, this.#stop.signal)
  }

  #down(text: string, remedy: string): Omit<Finding, 'at'> {
    return { code: 'enforce.down', level: 'error', subject: this.name, text, remedy }
  }

  async #audit(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await this.#auditor.due(signal, this.#o.auditEvery ?? MINUTE)
      if (signal.aborted || this.#state === 'down' || this.#state === 'starting') continue
      await this.#auditor.audit()
      if (this.#o.sink.report) this.#report = await this.#o.sink.report(this.#call()).catch(() => this.#report)
    }
  }
}

/** Something that the outside holds and nobody here knows: only its value is known. */
const strayEntry = (value: string): Entry => ({
  id: `d-${'0'.repeat(24)}`,
  value,
  type: 'ban',
  attackClass: 'other',
  scenario: 'none',
  origin: 'feed:stray',
  startsAt: 0,
  until: 0,
  since: 0,
  version: 0,
})
