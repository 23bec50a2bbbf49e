/**
 * Named places at which a test may have the process die, as by `kill -9`: between "taken" and "committed" and the like.
 * `RIPOSTE_CRASH_AT=commit.done:3` dies at the third passage of `commit.done`. Unset, a passage costs one comparison.
 */
export type CrashPoint =
  | 'batch.sealed'
  | 'store.rows-written'
  | 'commit.done'
  /** Triggers have become entries of the queue. */
  | 'trigger.queued'
  /** A run was started, and the queue does not say so yet. */
  | 'run.started'
  /** The outside has done it, and the run does not know it yet. */
  | 'action.done'
  /** A run has ended, and the queue still holds its entry. */
  | 'run.ended'

const [wanted, nth = '1'] = (process.env['RIPOSTE_CRASH_AT'] ?? '').split(':')
let passed = 0

export const crashPoint = (name: CrashPoint): void => {
  if (name === wanted && ++passed === Number(nth)) process.kill(process.pid, 'SIGKILL')
}
