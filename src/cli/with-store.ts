import type { Config } from '../app/config/schema.ts'
import type { Command as Wish } from '../core/act.ts'
import { Failure } from '../core/failure.ts'
import type { Archive, Enforcement, Store } from '../kit/store.ts'
import type { Deps } from './deps.ts'
import { installed, type SettingsOptions } from './settings.ts'

/** Opens the installation's state for reading, hands it to `read`, and closes it whatever happens. */
export const readStore = async <T>(
  deps: Deps,
  options: SettingsOptions,
  read: (archive: Archive & Enforcement) => Promise<T>,
): Promise<T> => {
  const { config } = installed(deps.io, options)
  const store = await deps.openStore(config.state.reveal(), { create: false })
  try {
    return await read(store)
  } finally {
    await store.close()
  }
}

/** The same for writing; the state is made when there is none. */
export const withStore = async <T>(
  deps: Deps,
  options: SettingsOptions,
  work: (store: Store, config: Config) => Promise<T>,
): Promise<T> => {
  const { config } = installed(deps.io, options)
  const store = await deps.openStore(config.state.reveal(), { create: true })
  try {
    return await work(store, config)
  } finally {
    await store.close()
  }
}

const POLL = 50
const CLAIM_EVERY = 500
/** A daemon answers between two batches, so within a second; ten of them mean that it is stuck. */
const PATIENCE = 10_000

const pause = (millis: number): Promise<void> => new Promise((done) => setTimeout(done, millis))

interface Answer {
  readonly ok: boolean
  readonly text: string
}

/**
 * Waits for answers: a running daemon gives them; when nobody holds the seat we take it and carry the wishes out
 * ourselves, by the same code. `takeSeat` is called once at most, with the seat held.
 */
const answering = (store: Store, takeSeat: () => Promise<() => Promise<void>>) => {
  let apply: (() => Promise<void>) | undefined
  return async (number: number): Promise<Answer> => {
    // Tried again and again: the daemon may end, or another command line may hold the seat, just while we wait.
    for (let waited = 0; waited <= PATIENCE; waited += POLL) {
      if (!apply && waited % CLAIM_EVERY === 0 && (await store.claim())) apply = await takeSeat()
      await apply?.()
      const answer = await store.answer(number)
      if (answer) return answer
      await pause(POLL)
    }
    throw new Failure('DAEMON_SILENT', `the daemon did not answer within ${PATIENCE / 1000} s`, {
      remedy: 'The command waits in its inbox and is carried out once it answers again. See riposte status.',
      retry: 'backoff',
    })
  }
}

/** Puts a wish into the inbox and waits for the answer. Rejects with REFUSED when the answer is no. */
export const carryOut = (deps: Deps, options: SettingsOptions, wish: Wish): Promise<string> =>
  withStore(deps, options, async (store, config) => {
    const answered = answering(store, async () => () => deps.applyPending(store, config))
    const answer = await answered(await store.ask(wish, `cli:${deps.io.user}`, deps.io.now()))
    if (answer.ok) return answer.text
    throw new Failure('REFUSED', answer.text, { remedy: 'Nothing was changed.' })
  })

/** Wishes that wait in the inbox at a time: enough that the daemon need not wait for us, few enough for its memory. */
const AHEAD = 2

/**
 * Many wishes, one after the other, on one open store; `told` hears each answer, in order. Once `stop` is aborted no
 * further wish is asked for; those that were are still answered.
 */
export const carryOutAll = async <W extends Wish>(
  deps: Deps,
  store: Store,
  config: Config,
  wishes: Iterable<W>,
  told: (wish: W, answer: Answer) => void,
  stop: AbortSignal,
): Promise<void> => {
  const answered = answering(store, async () => (await import('../app/inbox.ts')).seatedEngine(store, config))
  const asked: { readonly wish: W; readonly number: number }[] = []
  const hear = async (): Promise<void> => {
    const { wish, number } = asked.shift()!
    told(wish, await answered(number))
  }
  for (const wish of wishes) {
    if (stop.aborted) break
    asked.push({ wish, number: await store.ask(wish, `cli:${deps.io.user}`, deps.io.now()) })
    if (asked.length >= AHEAD) await hear()
  }
  while (asked.length > 0) await hear()
}
