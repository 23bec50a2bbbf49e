import type { Millis } from '../core/time.ts'

/** Resolves after the time, or at once when the signal aborts. */
export const pause = (millis: Millis, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, millis)
    signal.addEventListener('abort', done, { once: true })
  })
