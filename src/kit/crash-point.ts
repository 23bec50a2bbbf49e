/**
 * Named places at which a test may have the process die, as by `kill -9`: between "taken" and "committed" and the like.
 * `RIPOSTE_CRASH_AT=commit.done:3` dies at the third passage of `commit.done`. Unset, a passage costs one comparison.
 */
export type CrashPoint = 'batch.sealed' | 'store.rows-written' | 'commit.done'

const [wanted, nth = '1'] = (process.env['RIPOSTE_CRASH_AT'] ?? '').split(':')
let passed = 0

export const crashPoint = (name: CrashPoint): void => {
  if (name === wanted && ++passed === Number(nth)) process.kill(process.pid, 'SIGKILL')
}
