/**
 * One configured connector, as runs use it: so many calls at a time, so many in a minute, and none for a while when
 * several in a row found it in trouble (a circuit breaker), so that a server that is down is not asked by thousands.
 */
import type { Failure } from '../core/failure.ts'
import { MINUTE, type Millis, SECOND } from '../core/time.ts'
import type { ActionPlugin } from '../kit/connector.ts'
import type { Tlp } from '../kit/tlp.ts'

export interface ConnectionSettings {
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: schema and session belong to the plugin; only it looks into them.
  readonly plugin: ActionPlugin<any, any>
  readonly session: unknown
  readonly limit: { readonly perMinute: number; readonly concurrent: number }
  /** Of one attempt. */
  readonly timeout: Millis
  /** Lowers or lifts the ceiling that its actions state. */
  readonly maxTlp?: Tlp
}

/** `open`: nobody calls until then. */
export interface ConnectionState {
  readonly name: string
  readonly kind: string
  readonly busy: number
  readonly failuresInARow: number
  readonly openUntil?: Millis
  readonly trouble?: string
}

export interface Connection extends ConnectionSettings {
  /** How long to wait before a call may be made; 0: it may be made now, and is counted. */
  admit(now: Millis): Millis
  /** The call that was admitted is over. */
  leave(now: Millis, failure: Failure | undefined): void
  state(): ConnectionState
}

const FAILURES_TO_OPEN = 5
const FIRST_PAUSE: Millis = 5 * SECOND
const LONGEST_PAUSE: Millis = 10 * MINUTE
/** A place is free again soon; asking more often would only spin. */
const BUSY: Millis = 100

export const createConnection = (settings: ConnectionSettings): Connection => {
  const { limit, name, plugin } = settings
  let busy = 0
  let failuresInARow = 0
  /** Since it last answered. */
  let openings = 0
  let openUntil = 0
  let trouble: string | undefined
  /** When each of the last `perMinute` calls began: a ring, so that a limit of thousands costs nothing. */
  const begun: Millis[] = []
  let next = 0

  return {
    ...settings,
    admit(now) {
      if (now < openUntil) return openUntil - now
      // Half open: one call finds out, the others wait for what it says.
      if (failuresInARow >= FAILURES_TO_OPEN && busy > 0) return FIRST_PAUSE
      if (busy >= limit.concurrent) return BUSY
      const oldest = begun[next]
      if (oldest !== undefined && now - oldest < MINUTE) return oldest + MINUTE - now
      begun[next] = now
      next = (next + 1) % limit.perMinute
      busy++
      return 0
    },
    leave(now, failure) {
      busy--
      if (!failure || failure.retry === 'never') {
        // It answered: what it refuses says nothing against its health.
        failuresInARow = 0
        openings = 0
        trouble = undefined
        return
      }
      failuresInARow++
      trouble = failure.message
      if (typeof failure.retry === 'object') openUntil = Math.max(openUntil, now + failure.retry.after)
      // Calls that were under way when it opened tell nothing new: a pause grows when one after it has failed.
      if (failuresInARow < FAILURES_TO_OPEN || now < openUntil) return
      openUntil = now + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** openings)
      openings++
    },
    state: () => ({
      ...{ name, kind: plugin.id, busy, failuresInARow },
      ...(openUntil > 0 ? { openUntil } : {}),
      ...(trouble === undefined ? {} : { trouble }),
    }),
  }
}
