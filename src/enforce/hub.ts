/**
 * The hub: from the commit to the enforcement points.
 *
 *   enters   every commit, right after it became durable; the clock
 *   leaves   changes to each point (`Driver`), proofs and the points' standing to the store, findings
 *   promise  a point that is slow, down or lying holds up no other point and no commit; what the gate refuses reaches none
 */
import type { Decision } from '../core/decision.ts'
import type { Finding } from '../core/finding.ts'
import type { Cidr } from '../core/ip.ts'
import { type Millis, SECOND } from '../core/time.ts'
import type { Logger } from '../kit/logger.ts'
import type { RosterChange } from '../kit/roster.ts'
import type { Entry, Sink } from '../kit/sink.ts'
import type { Enforcement, PointState, Proof } from '../kit/store.ts'
import { Driver } from './driver.ts'
import { createGate } from './gate.ts'
import { createProofBook, type ProofStep } from './proof-book.ts'
import { ActiveRoster, EXPIRE_EVERY } from './roster.ts'

export interface HubOptions {
  readonly store: Pick<Enforcement, 'prove' | 'putPoints'>
  readonly log: Logger
  readonly clock: () => Millis
  finding(finding: Finding): void
  /** Points that nobody drives because they fetch by themselves: bouncers. */
  pullers?(): readonly PointState[]
  /** Why one of them cannot carry out an entry. */
  withheldFrom?(point: string, entry: Entry): string | undefined
  readonly auditEvery?: Millis
  readonly lagAfter?: Millis
}

const WRITE_EVERY: Millis = 200
const POINTS_EVERY: Millis = SECOND

export class Hub {
  readonly roster: ActiveRoster
  readonly proofs
  readonly #o: HubOptions
  readonly #drivers = new Map<string, Driver>()
  readonly #timers: NodeJS.Timeout[] = []
  /** Points that fetch by themselves, and have not for long. */
  readonly #silent = new Set<string>()
  #writing: Promise<void> = Promise.resolve()
  #written = ''

  constructor(options: HubOptions, allow: readonly Cidr[]) {
    this.#o = options
    this.roster = new ActiveRoster(createGate(allow))
    this.proofs = createProofBook(options.store)
  }

  start(): void {
    const every = (millis: Millis, work: () => void) => this.#timers.push(setInterval(work, millis))
    every(EXPIRE_EVERY, () => this.#tell(this.roster.expire(this.#o.clock()), this.#o.clock()))
    every(WRITE_EVERY, () => this.#write(() => this.proofs.flush()))
    every(POINTS_EVERY, () => {
      for (const driver of this.#drivers.values()) driver.watch(this.#o.clock())
      for (const point of this.#o.pullers?.() ?? []) this.#watch(point)
      this.#write(() => this.#putPoints())
    })
  }

  /** Opens a point; it gets the whole set at once. */
  add(name: string, kind: string, sink: Sink): void {
    const driver = new Driver({ ...this.#o, name, kind, sink, roster: this.roster, proofs: this.proofs })
    this.#drivers.set(name, driver)
    driver.start()
  }

  async remove(name: string): Promise<void> {
    const driver = this.#drivers.get(name)
    this.#drivers.delete(name)
    await driver?.stop()
  }

  doubt(name: string, reason: string): void {
    this.#drivers.get(name)?.doubt(reason)
  }

  /** A commit has become durable. */
  apply(decisions: readonly Decision[], at: Millis): void {
    this.#tell(this.roster.apply(decisions, this.#o.clock()), at)
  }

  /** The allowlist, or the configuration, spares others than before. */
  guard(allow: readonly Cidr[]): void {
    const now = this.#o.clock()
    this.#tell(this.roster.guard(createGate(allow), now), now)
    for (const driver of this.#drivers.values()) driver.allowChanged()
  }

  /** A point that fetches by itself tells how far it got. */
  proved(
    point: string,
    done: readonly { readonly entry: Entry; readonly act: Proof['act'] }[],
    step: Exclude<ProofStep, 'requested'>,
  ): void {
    const at = this.#o.clock()
    for (const { entry, act } of done) this.proofs.note(point, entry, act, step, at)
  }

  points(): readonly PointState[] {
    return [...[...this.#drivers.values()].map((driver) => driver.state()), ...(this.#o.pullers?.() ?? [])]
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await Promise.all([...this.#drivers.keys()].map((name) => this.remove(name)))
    this.#write(() => this.proofs.flush())
    await this.#writing
  }

  /** Who fetches by himself is not driven; all that can be said is that he does not ask. */
  #watch({ name, state, trouble = 'it is silent' }: PointState): void {
    const isDown = state === 'down'
    if (isDown === this.#silent.has(name)) return
    if (isDown) this.#silent.add(name)
    else this.#silent.delete(name)
    this.#o.finding({
      code: 'enforce.down',
      level: 'error',
      subject: name,
      text: isDown ? trouble : 'it asks again',
      remedy: 'Look whether it runs, and whether it reaches http.listen. What it has, it enforces until it ends.',
      at: this.#o.clock(),
      ...(isDown ? {} : { cleared: true }),
    })
  }

  #tell(change: RosterChange, at: Millis): void {
    if (change.added.length === 0 && change.ended.length === 0) return
    for (const driver of this.#drivers.values()) driver.change(change, at)
    for (const { name, state } of this.#o.pullers?.() ?? []) {
      if (state === 'starting') continue
      const why = (entry: Entry): string | undefined => this.#o.withheldFrom?.(name, entry)
      for (const entry of change.added) {
        if (entry.type === 'watch') continue
        const withheld = why(entry)
        if (withheld === undefined) this.proofs.note(name, entry, 'block', 'requested', at)
        else this.proofs.trouble(name, entry, 'block', `withheld: ${withheld}`, at)
      }
      for (const { entry } of change.ended)
        if (entry.type !== 'watch' && why(entry) === undefined)
          this.proofs.note(name, entry, 'unblock', 'requested', at)
    }
  }

  /** One write at a time; one that fails is tried again with the next. */
  #write(work: () => Promise<void>): void {
    this.#writing = this.#writing
      .then(work)
      .catch((error: Error) => this.#o.log.warn({ error: error.message }, 'proofs not written, will be tried again'))
  }

  async #putPoints(): Promise<void> {
    const points = this.points()
    const text = JSON.stringify(points.map(({ at, ...rest }) => rest))
    if (text === this.#written) return
    await this.#o.store.putPoints(points)
    this.#written = text
  }
}
