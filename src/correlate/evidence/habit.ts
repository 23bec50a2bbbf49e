/**
 * The site's own false-positive baseline: which rule on which input do otherwise clean clients trip?
 * Learnt as events pass, per host, path pattern, parameter and rule. A client testifies only while little else speaks
 * against it and, where clean traffic is logged at all, after clean requests of its own: a scanner cannot vote for itself.
 */

import { DAY, type Millis } from '../../core/time.ts'
import type { StateSpace, StateTable } from '../../kit/state.ts'
import type { Actor } from './actor.ts'
import type { Discount, Reading } from './probe.ts'
import { CONTENT } from './shape.ts'

const SLOTS = 1 << 14
const LIFE: Millis = 14 * DAY
const WITNESSES = 8

/** The slots' keys, made once each: three look-ups per match would make three texts. */
const NAMES = new Array<string | undefined>(SLOTS)

/** [key, hashes of the clients that testify] */
type Habit = [number, ...number[]]

export interface Habits {
  /** The discount as `client` may claim it: its own testimony does not count for itself. */
  discountFor(client: number, now: Millis): Discount
  testify(key: number, client: number, now: Millis): void
  withdraw(key: number, client: number, now: Millis): void
}

export const createHabits = (state: StateSpace): Habits => {
  const table: StateTable<Habit> = state.table('evidence.habit')
  const at = (key: number): string => (NAMES[key % SLOTS] ??= String(key % SLOTS))
  return {
    discountFor: (client, now) => (key) => {
      const row = table.get(at(key), now)
      if (!row || row[0] !== key) return 1
      const others = row.length - 1 - (row.includes(client, 1) ? 1 : 0)
      return 1 / (1 + others)
    },
    testify(key, client, now) {
      const row = table.get(at(key), now)
      if (!row || row[0] !== key) return table.put(at(key), [key, client], now + LIFE)
      if (row.includes(client, 1)) return
      if (row.length <= WITNESSES) row.push(client)
      table.put(at(key), row, now + LIFE)
    },
    withdraw(key, client, now) {
      const row = table.get(at(key), now)
      if (!row || row[0] !== key) return
      const i = row.indexOf(client, 1)
      if (i < 0) return
      row.splice(i, 1)
      table.put(at(key), row, now + LIFE)
    },
  }
}

/** Bare payloads up to which a client may testify, and from which its testimony is withdrawn. */
const HARMLESS = 2
const HARMFUL = 5
const CLEAN_ENOUGH = 3

/** A client whose record is otherwise harmless tells the site what harmless clients trip. */
export const testify = (
  habits: Habits,
  actor: Actor,
  client: number,
  reading: Reading,
  cleanVisible: boolean,
  now: Millis,
): void => {
  const h = actor.hostile
  if (!h) return
  let bare = 0
  for (const p of h.probes) if (p[3] >= CONTENT) bare++
  const good =
    bare <= HARMLESS && h.tool === 0 && h.proof === undefined && (actor.clean >= CLEAN_ENOUGH || !cleanVisible)
  for (const key of reading.habitKeys)
    if (good) habits.testify(key, client, now)
    else if (bare >= HARMFUL) habits.withdraw(key, client, now)
}
