/**
 * Repeat offenders: each ban that an address has served makes the next one last longer (4 h, 24 h, 7 d).
 * Only enforced bans by the engine count, and a long quiet time wipes the record.
 */
import { DAY, HOUR, type Millis } from '../core/time.ts'
import type { StateSpace } from '../kit/state.ts'

export interface LadderOptions {
  /** Least duration of the first, second, … ban; the last step holds for all later ones. */
  readonly steps: readonly Millis[]
  /** A record is forgotten so long after the last ban. */
  readonly memory: Millis
}

export const DEFAULT_LADDER: LadderOptions = { steps: [4 * HOUR, DAY, 7 * DAY], memory: 30 * DAY }

export interface Ladder {
  /** Bans served before, without the one in force now. */
  former(key: string, at: Millis, banInForce: boolean): number
  /** How long a ban after `former` others lasts; `wanted` is the scenario's own wish. */
  duration(wanted: Millis | undefined, former: number): Millis
  count(key: string, at: Millis): void
  /** A person has lifted the ban: it is held against nobody. */
  clear(key: string): void
}

export const createLadder = ({ steps, memory }: LadderOptions, state: StateSpace): Ladder => {
  const table = state.table<{ bans: number }>('decide/former-bans')
  const bans = (key: string, at: Millis) => table.get(key, at)?.bans ?? 0
  const first = steps[0] ?? DEFAULT_LADDER.steps[0]!
  return {
    former: (key, at, banInForce) => Math.max(0, bans(key, at) - (banInForce ? 1 : 0)),
    duration: (wanted, former) =>
      former === 0 ? (wanted ?? first) : Math.max(wanted ?? 0, steps[Math.min(former, steps.length - 1)] ?? first),
    count: (key, at) => table.put(key, { bans: bans(key, at) + 1 }, at + memory),
    clear: (key) => table.delete(key),
  }
}
