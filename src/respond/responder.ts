/**
 * The responding half of the daemon: playbooks, connectors, the engine under the runs, and the dispatcher that starts
 * them. In: what commits leave in the outbox. Out: what playbooks do outside, each step at least once, with one key.
 */
import type { Finding } from '../core/finding.ts'
import { MINUTE, type Millis, SECOND } from '../core/time.ts'
import type { Logger } from '../kit/logger.ts'
import type { Outbox } from '../kit/store.ts'
import { createDeadLetters } from './dead-letters.ts'
import { createDispatcher, type DispatcherOptions } from './dispatcher.ts'
import type { RunEngine } from './engine.ts'
import { type HandsOptions, handsOf } from './hands.ts'
import { approvalSignal, interpret } from './interpreter.ts'
import { type Playbook, parsePlaybook, playbookSet } from './playbook.ts'
import type { RunInput } from './run-input.ts'
import { isOver } from './run-view.ts'

export interface ResponderOptions extends HandsOptions, Pick<DispatcherOptions, 'playbooks' | 'connectors' | 'caseOf'> {
  readonly store: Outbox
  readonly engine: RunEngine
  readonly log: Logger
  /** How long runs that are over are kept. */
  readonly keep: Millis
  /** Told what a person should know. */
  readonly finding?: (finding: Finding) => void
}

export interface Responder {
  /** There are triggers, or somebody has answered. */
  nudge(): void
  stop(): Promise<void>
}

const EVERY = SECOND
/** How long the engine takes to write the end of a run down, ms; what is not yet is looked at again with the next turn. */
const WRITTEN_DOWN = 25
const TRIM_EVERY = 10 * MINUTE
const LOOK_AT_DEAD = 10 * SECOND
/** Playbooks of runs under way, by their texts: parsing one takes as long as a step. */
const MOST_PARSED = 64
/** Answers are signalled again to runs that may have missed it. */
const MOST_ANSWERED = 100

export const startResponder = (options: ResponderOptions): Responder => {
  const { store, engine, log } = options
  const parsed = new Map<string, ReadonlyMap<string, Playbook>>()
  const dispatcher = createDispatcher(options)
  const lookAtDead = createDeadLetters(store, options.finding ?? (() => {}))

  const pinned = ({ texts }: RunInput): ReadonlyMap<string, Playbook> => {
    const key = Object.values(texts).join('\n')
    const known = parsed.get(key)
    if (known) return known
    const set = playbookSet(Object.entries(texts).map(([name, text]) => parsePlaybook(text, name)))
    if (parsed.size >= MOST_PARSED) parsed.delete(parsed.keys().next().value!)
    parsed.set(key, set)
    return set
  }

  /** Until its run has heard it; one that is over hears nothing more. */
  const passAnswersOn = async (): Promise<void> => {
    for (const { id, run } of await store.answered(MOST_ANSWERED)) {
      const asking = await engine.run(run)
      if (asking && !isOver(asking)) await engine.signal(approvalSignal(id))
      else await store.heard(id)
    }
  }

  let turning: Promise<void> | undefined
  let trimmedAt = 0
  let lookedAt = 0
  const turn = async (): Promise<void> => {
    try {
      await dispatcher.turn()
      await passAnswersOn()
      if (Date.now() - lookedAt >= LOOK_AT_DEAD) {
        lookedAt = Date.now()
        await lookAtDead(lookedAt)
      }
      if (Date.now() - trimmedAt >= TRIM_EVERY) {
        trimmedAt = Date.now()
        await engine.trim(trimmedAt - options.keep)
        await store.trimApprovals(trimmedAt - options.keep)
      }
    } catch (error) {
      log.error({ error: (error as Error).message }, 'the outbox cannot be worked on, will be tried again')
    }
  }

  let stopped = false
  let again = false
  /** One turn at a time; what came up during one is looked at by the next. */
  const nudge = (): void => {
    again = true
    if (stopped || turning) return
    turning = (async () => {
      while (again && !stopped) {
        // Many that nudge at once are one turn.
        await new Promise(setImmediate)
        again = false
        await turn()
      }
    })().finally(() => {
      turning = undefined
      if (again) nudge()
    })
  }
  engine.work(
    (input, durable, id) => interpret(input, pinned(input), durable, handsOf(options, input, id)),
    (id) => {
      dispatcher.ended(id)
      // By then the engine has written it down.
      setTimeout(nudge, WRITTEN_DOWN).unref()
    },
  )
  const timer = setInterval(nudge, EVERY)
  nudge()

  return {
    nudge,
    async stop() {
      stopped = true
      clearInterval(timer)
      await turning
      await engine.stop()
    },
  }
}
