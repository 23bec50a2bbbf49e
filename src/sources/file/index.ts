/**
 * The file source: any number of logs, as bytes, through every kind of rotation.
 *
 * Enters: paths or patterns and the cursors of the last commit. Leaves: for each *stream* (one life of one file, from
 * byte 0 to its end, whatever names it has borne) its bytes in order, then `end`; findings about how logs are rotated.
 * Promised: every byte of a stream exactly once after the cursor that was handed in; a successor's bytes not before its
 * predecessor was read dry; at most one 256 KiB chunk in memory, read only when asked for; nothing is ever written.
 * What cannot be promised: bytes that a `copytruncate` cuts off between its copy and its cut, before we could read
 * them, exist nowhere; what is known to be missing is counted in `end.lost`.
 *
 *   life.ts      one open file          follow.ts    the state machine of a file through rotations
 *   known.ts     what a cursor keeps    survey.ts    which files there are and what became of them
 *   holders.ts   who still writes       adoption.ts  which stream a file on disk goes on with
 *   register.ts  what is known, open    once.ts      replay: files as they are now
 */
import type { Source } from '../../kit/source.ts'
import { type FollowTiming, follow } from './follow.ts'
import { readOnce } from './once.ts'

export interface FileSourceOptions {
  /** What cursors, errors and metrics call it; `file:` and the first path unless given. */
  readonly id?: string
  /** Paths or globs. Archives (`.gz`) are recognised by content. */
  readonly paths: readonly string[]
  /** False: read what exists now, then return (replay). */
  readonly follow: boolean
  /** Globs of further folders into which rotation moves files (logrotate's `olddir`). The folder of each log is always looked at. */
  readonly archives?: readonly string[]
  /** Milliseconds; see FollowTiming. */
  readonly timing?: Partial<FollowTiming>
  /** Most bytes of one chunk; 256 KiB unless given. */
  readonly chunk?: number
  /** For the times of findings; never for when events happened. */
  readonly clock?: () => number
}

/** Unlike the clock it cannot be set back, which would stop us from looking for as long. */
const ticks = (): number => performance.now()

const TIMING: FollowTiming = {
  poll: 50,
  rescan: 5000,
  grace: 5000,
  settle: 2000,
  idle: 60_000,
  idleAlone: 3_600_000,
}

export const createFileSource = (options: FileSourceOptions): Source => {
  const id = options.id ?? `file:${options.paths[0]}`
  const clock = options.clock ?? Date.now
  const patterns = options.paths
  const chunk = options.chunk ?? 256 * 1024
  return {
    id,
    read: (cursors, signal) =>
      options.follow
        ? follow(
            {
              id,
              patterns,
              archives: options.archives ?? [],
              timing: { ...TIMING, ...options.timing },
              chunk,
              clock,
              ticks,
            },
            cursors,
            signal,
          )
        : readOnce({ id, patterns, chunk, clock }, cursors, signal),
  }
}
