/**
 * From triggers to runs. In: what commits left in the outbox. Out: runs, started in order; what ended well leaves the
 * queue, what failed stays there as dead, for a person to look at, edit and replay.
 *
 * Every move is one transaction, and every start has a key: dying between any two of them starts nothing twice and
 * loses nothing. `turn` may be called at any time; turns follow one another.
 */
import { derivedId } from '../core/id.ts'
import { HOUR, MINUTE, type Millis } from '../core/time.ts'
import type { Trigger } from '../core/trigger.ts'
import type { CaseFile } from '../kit/case-file.ts'
import { crashPoint } from '../kit/crash-point.ts'
import type { Logger } from '../kit/logger.ts'
import type { Outbox, Queued } from '../kit/store.ts'
import type { RunEngine } from './engine.ts'
import { aboutOf, answers } from './matching.ts'
import { called, type Playbook } from './playbook.ts'
import type { RunInput } from './run-input.ts'
import { isOver, type RunView } from './run-view.ts'
import { dueOf } from './schedule.ts'
import { takenOver } from './taken-over.ts'

export interface DispatcherOptions {
  readonly store: Outbox
  readonly engine: RunEngine
  /** The playbooks as they are now. */
  playbooks(): ReadonlyMap<string, Playbook>
  /** Names of the connectors that there are now. */
  connectors(): readonly string[]
  caseOf(trigger: Trigger): Promise<CaseFile | null>
  readonly log: Logger
  readonly clock?: () => Millis
}

export interface Dispatcher {
  turn(): Promise<void>
  /** A run may be over. */
  ended(run: string): void
}

const AT_ONCE = 500
/** Asked of the engine side by side. */
const WIDTH = 16
/** So many runs are under way; more wait in the queue, where they are merged. */
const MOST_RUNNING = 10_000
/** All that run are looked at so often, in case somebody else ended one. */
const LOOK_AT_ALL: Millis = MINUTE

/** What a person may add to a trigger by hand. */
export interface ByHand {
  readonly vars?: Readonly<Record<string, unknown>>
  /** Take back what this run did. */
  readonly undo?: string
}

export const createDispatcher = (options: DispatcherOptions): Dispatcher => {
  const { store, engine, playbooks, log, clock = Date.now } = options
  const ended = new Set<string>()
  const starts = new Map<string, Millis[]>()
  let lookedAt = Number.NEGATIVE_INFINITY
  let rangUntil = clock()
  let running: Promise<void> | undefined

  /** What was due while no daemon ran is not made up for. */
  const ring = async (): Promise<void> => {
    const now = clock()
    const due = [...playbooks().values()].flatMap((playbook) => dueOf(playbook, rangUntil, now))
    rangUntil = now
    if (due.length > 0) await store.enqueue([], due, now)
  }

  const enqueue = async (): Promise<void> => {
    await ring()
    await store.expire(clock())
    for (;;) {
      const triggered = await store.triggered(AT_ONCE)
      if (triggered.length === 0) return
      const entries = []
      for (const { number, trigger } of triggered) {
        let facts: Promise<CaseFile | null> | undefined
        const file = () => (facts ??= options.caseOf(trigger))
        for (const playbook of playbooks().values())
          if (await answers(playbook, trigger, file)) {
            const { coalesce } = playbook.queue
            entries.push({ playbook: playbook.name, about: aboutOf(playbook, trigger, number), coalesce, trigger })
          }
      }
      await store.enqueue(
        triggered.map(({ number }) => number),
        entries,
        clock(),
      )
      crashPoint('trigger.queued')
    }
  }

  /** When it was started in the last hour. */
  const startsOf = ({ name }: Playbook): Millis[] => {
    const now = clock()
    const times = (starts.get(name) ?? []).filter((at) => now - at < HOUR)
    starts.set(name, times)
    return times
  }

  const isAtLimit = (playbook: Playbook): boolean => startsOf(playbook).length >= playbook.perHour

  const start = async (queued: Queued): Promise<Queued | undefined> => {
    const playbook = playbooks().get(queued.playbook)
    const dead = (trouble: string): Queued => ({ ...queued, state: 'dead', trouble, changedAt: clock() })
    if (!playbook) return dead('there is no such playbook any more')
    const before = queued.run === undefined ? undefined : await engine.run(queued.run)
    const hand = (queued.trigger.kind === 'manual' ? (queued.trigger.data ?? {}) : {}) as ByHand
    const undone = hand.undo === undefined ? undefined : await engine.run(hand.undo)
    if (hand.undo !== undefined && !undone) return dead(`there is no run ${hand.undo}`)
    const input = await inputFor(queued, playbook, undone ?? before, hand)
    if (isAtLimit(playbook)) return undefined
    const times = startsOf(playbook)
    times.push(clock())
    const run = await engine
      .start(input, `${input.root} ${queued.number} ${queued.run ?? ''}`, playbook.deadline)
      .catch((error) => {
        times.pop()
        throw error
      })
    crashPoint('run.started')
    return { ...queued, state: 'running', run, changedAt: clock() }
  }

  const inputFor = async (
    queued: Queued,
    playbook: Playbook,
    before: RunView | undefined,
    hand: ByHand,
  ): Promise<RunInput> => {
    const { number, trigger, at } = queued
    if (before) {
      const done = takenOver(await engine.steps(before.id), before.input.done)
      const connectors = options.connectors()
      return { ...before.input, connectors, queued: number, done, ...(hand.undo === undefined ? {} : { undo: true }) }
    }
    return {
      root: derivedId('r', playbook.name, trigger.kind, trigger.subject, String(at), String(number)),
      queued: number,
      playbook: playbook.name,
      version: playbook.version,
      texts: textsOf(playbook, playbooks()),
      connectors: options.connectors(),
      trigger,
      case: await options.caseOf(trigger),
      // Those of the text may have been given other values by the configuration.
      vars: { ...playbook.vars, ...hand.vars },
    }
  }

  const startAll = async (): Promise<void> => {
    for (let free = MOST_RUNNING - (await store.underWay()); free > 0; ) {
      // Their share of an hour is used up: what waits for them must not stand in the way of the others.
      const full = [...playbooks().values()].filter(isAtLimit).map(({ name }) => name)
      const startable = await store.startable(Math.min(free, AT_ONCE), full)
      if (startable.length === 0) return
      let trouble: unknown
      const started = await sideBySide(startable, (queued) =>
        start(queued).catch((error) => {
          trouble ??= error
          return undefined
        }),
      )
      const moved: Queued[] = []
      for (const next of started) {
        if (next) moved.push(next)
        if (next?.state === 'dead')
          log.warn({ playbook: next.playbook, trouble: next.trouble }, 'a playbook cannot be run')
      }
      await store.requeue(moved)
      if (trouble) throw trouble
      free -= moved.length
    }
  }

  const settle = async (): Promise<void> => {
    const isAll = clock() - lookedAt >= LOOK_AT_ALL
    if (!isAll && ended.size === 0) return
    if (isAll) lookedAt = clock()
    const runs = [...ended]
    const over: number[] = []
    const dead: Queued[] = []
    const asked = await store.queued({ state: 'running', limit: MOST_RUNNING, ...(isAll ? {} : { runs }) })
    for (const run of runs) ended.delete(run)
    await sideBySide(asked, async (queued) => {
      const run = queued.run === undefined ? undefined : await engine.run(queued.run)
      if (run && !isOver(run)) {
        // Its end is being written down.
        if (runs.includes(run.id)) ended.add(run.id)
        return
      }
      if (run && run.state !== 'failed') over.push(queued.number)
      else
        dead.push({ ...queued, state: 'dead', trouble: run ? troubleOf(run) : 'its run is gone', changedAt: clock() })
    })
    if (over.length + dead.length > 0) crashPoint('run.ended')
    await store.dequeue(over)
    await store.requeue(dead)
    for (const { playbook, run, trouble } of dead) log.warn({ playbook, run, trouble }, 'a run failed')
  }

  const once = async (): Promise<void> => {
    await settle()
    await enqueue()
    await startAll()
  }

  return {
    turn() {
      running ??= once().finally(() => {
        running = undefined
      })
      return running
    },
    ended: (run) => void ended.add(run),
  }
}

/** A server answers many at once faster than one after the other. */
const sideBySide = async <In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<readonly Out[]> => {
  const results: Out[] = []
  for (let i = 0; i < items.length; i += WIDTH)
    results.push(...(await Promise.all(items.slice(i, i + WIDTH).map(work))))
  return results
}

const troubleOf = ({ step, why }: RunView): string => (step === undefined ? (why ?? 'failed') : `${step}: ${why}`)

/** Its text, and those of all that it calls. */
const textsOf = (playbook: Playbook, all: ReadonlyMap<string, Playbook>): Record<string, string> => {
  const texts: Record<string, string> = { [playbook.name]: playbook.text }
  for (const name of called(playbook.steps)) Object.assign(texts, textsOf(all.get(name)!, all))
  return texts
}
