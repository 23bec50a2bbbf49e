import type { Command as Wish } from '../core/act.ts'
import { Failure } from '../core/failure.ts'
import type { Archive, Enforcement } from '../kit/store.ts'
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

const POLL = 50
const CLAIM_EVERY = 500
/** A daemon answers between two batches, so within a second; ten of them mean that it is stuck. */
const PATIENCE = 10_000

const pause = (millis: number): Promise<void> => new Promise((done) => setTimeout(done, millis))

/**
 * Puts a wish into the inbox and waits for the answer. A running daemon gives it; when nobody holds the seat we take
 * it and carry the wish out ourselves, by the same code. Rejects with REFUSED when the answer is no.
 */
export const carryOut = async (deps: Deps, options: SettingsOptions, wish: Wish): Promise<string> => {
  const { config } = installed(deps.io, options)
  const store = await deps.openStore(config.state.reveal(), { create: true })
  try {
    const number = await store.ask(wish, `cli:${deps.io.user}`, deps.io.now())
    // Tried again and again: the daemon may end, or another command line may hold the seat, just while we wait.
    let seated = false
    for (let waited = 0; waited <= PATIENCE; waited += POLL) {
      seated ||= waited % CLAIM_EVERY === 0 && (await store.claim())
      if (seated) await deps.applyPending(store, config)
      const answer = await store.answer(number)
      if (answer?.ok) return answer.text
      if (answer) throw new Failure('REFUSED', answer.text, { remedy: 'Nothing was changed.' })
      await pause(POLL)
    }
    throw new Failure('DAEMON_SILENT', `the daemon did not answer within ${PATIENCE / 1000} s`, {
      remedy: 'The command waits in its inbox and is carried out once it answers again. See riposte status.',
      retry: 'backoff',
    })
  } finally {
    await store.close()
  }
}
