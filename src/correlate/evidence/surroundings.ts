/** What the room knows of the whole stream: whether clean traffic is logged at all, and how many clients there are. */

import { HOUR, type Millis } from '../../core/time.ts'
import type { StateSpace, StateTable } from '../../kit/state.ts'
import { estimate, mark, newSketch, type Sketch } from './sketch.ts'

const LIFE: Millis = 48 * HOUR
/** Clean transactions seen before shares are believed, and the least share of them in a log that records everything. */
const CLEAN_SEEN = 20
const CLEAN_SHARE = 0.02
const FORGET_AT = 100_000

interface Stream {
  events: number
  clean: number
}

interface Clients {
  since: Millis
  now: Sketch
  before: Sketch
}

export interface Surroundings {
  count(sensor: string, client: number, clean: boolean, now: Millis): void
  /** False while the sensor's log shows (almost) only transactions with matches, as with `SecAuditEngine RelevantOnly`. */
  cleanVisible(sensor: string, now: Millis): boolean
  /** Clients of this and the last hour. */
  clients(now: Millis): number
}

export const createSurroundings = (state: StateSpace): Surroundings => {
  const streams: StateTable<Stream> = state.table('evidence.stream')
  const clients: StateTable<Clients> = state.table('evidence.clients')
  return {
    count(sensor, client, clean, now) {
      const s = streams.get(sensor, now) ?? { events: 0, clean: 0 }
      s.events++
      if (clean) s.clean++
      if (s.events >= FORGET_AT) {
        s.events /= 2
        s.clean /= 2
      }
      streams.put(sensor, s, now + LIFE)
      let c = clients.get('', now)
      if (c && now - c.since < HOUR) {
        if (!mark(c.now, client)) return
      } else {
        c = { since: now, now: newSketch(128), before: c && now - c.since < 2 * HOUR ? c.now : newSketch(128) }
        mark(c.now, client)
      }
      clients.put('', c, now + LIFE)
    },
    cleanVisible(sensor, now) {
      const s = streams.get(sensor, now)
      return s !== undefined && s.clean >= CLEAN_SEEN && s.clean >= CLEAN_SHARE * s.events
    },
    clients(now) {
      const c = clients.get('', now)
      return c ? Math.round(Math.max(estimate(c.now), estimate(c.before))) : 0
    },
  }
}
