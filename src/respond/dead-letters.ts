/** Says of each playbook how many of its runs have failed and wait for a person, when that has changed. */
import type { Finding } from '../core/finding.ts'
import type { Millis } from '../core/time.ts'
import type { Outbox } from '../kit/store.ts'

/** More are said as so many. */
const MOST = 10_000

export type DeadLetters = (now: Millis) => Promise<void>

export const createDeadLetters = (store: Pick<Outbox, 'queued'>, tell: (finding: Finding) => void): DeadLetters => {
  let known: ReadonlyMap<string, number> = new Map()

  const found = (playbook: string, count: number, at: Millis): Finding => ({
    code: 'respond.dead',
    level: 'warning',
    subject: playbook,
    text: `${count === 1 ? 'one run' : `${count} runs`} of the playbook ${playbook} failed and will not be tried again`,
    remedy: 'See riposte outbox --dead: replay them when the cause is gone, or drop them.',
    at,
    ...(count === 0 ? { cleared: true } : {}),
  })

  return async (now) => {
    const counts = new Map<string, number>()
    for (const { playbook } of await store.queued({ state: 'dead', limit: MOST }))
      counts.set(playbook, (counts.get(playbook) ?? 0) + 1)
    for (const [playbook, count] of counts) if (known.get(playbook) !== count) tell(found(playbook, count, now))
    for (const playbook of known.keys()) if (!counts.has(playbook)) tell(found(playbook, 0, now))
    known = counts
  }
}
