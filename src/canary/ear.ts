/**
 * The ear: hears the canary in the stream of events, and decides on its reserved address.
 *
 *   enters   every event, before correlation
 *   leaves   for the canary of the sensor that logged it: a short ban of a documentation address, that nobody has
 *   promise  who repeats a canary from elsewhere, late, or with another query is traffic like any other
 */
import type { Decision } from '../core/decision.ts'
import type { Event } from '../core/event.ts'
import { derivedId } from '../core/id.ts'
import { MINUTE, type Millis } from '../core/time.ts'
import { type Mark, PAYLOAD, readMark } from './token.ts'

export interface CanarySensor {
  readonly id: string
  /** Reserved for this sensor, never a client's. */
  readonly address: string
  /** Length of its bans. */
  readonly lasts: Millis
}

export interface EarOptions {
  readonly sensors: readonly CanarySensor[]
  readonly key: string
  /** The daemon enforces nothing. */
  readonly shadow: boolean
}

export interface Heard {
  readonly decisions: readonly Decision[]
}

export interface Ear {
  /** Undefined: not a canary. */
  hear(event: Event): Heard | undefined
  /** Whether a record of it was read in which no rule matched. */
  wasUnmatched(nonce: string): boolean
}

/** Between our clock and the log's. */
const ASTRAY: Millis = 10 * MINUTE

interface Known {
  readonly clientIp: string
  readonly sentAt: Millis
  isDecided: boolean
}

export const createEar = ({ sensors, key, shadow }: EarOptions): Ear => {
  const byId = new Map(sensors.map((sensor) => [sensor.id, sensor]))
  const known = new Map<string, Known>()

  /** The same request is seen again in other logs of its site, and by the sensors behind the first. */
  const remember = ({ nonce, sentAt }: Mark, clientIp: string): Known => {
    const one = known.get(nonce) ?? { clientIp, sentAt, isDecided: false }
    known.set(nonce, one)
    for (const [old, { sentAt: then }] of known) {
      if (then > sentAt - 2 * ASTRAY) break
      known.delete(old)
    }
    return one
  }

  return {
    hear({ id, sensor, time, clientIp, request, matches }) {
      const mark = readMark(request.path, key)
      if (!mark || Math.abs(time - mark.sentAt) > ASTRAY) return undefined
      if (request.query !== '' && request.query !== PAYLOAD) return undefined
      const one = remember(mark, clientIp)
      if (one.clientIp !== clientIp) return undefined
      const home = byId.get(sensor)
      if (!home || mark.sensor !== sensor || matches.length === 0 || one.isDecided) return { decisions: [] }
      one.isDecided = true
      return { decisions: [decisionOf(home, mark, id, shadow)] }
    },
    wasUnmatched: (nonce) => known.get(nonce)?.isDecided === false,
  }
}

/** The id of the decision that a canary is to bring. */
export const canaryDecision = (sensor: string, nonce: string): string => derivedId('d', 'canary', sensor, nonce)

const decisionOf = (home: CanarySensor, { sentAt, nonce }: Mark, event: string, simulated: boolean): Decision => ({
  id: canaryDecision(home.id, nonce),
  type: 'ban',
  scope: 'Ip',
  value: home.address,
  origin: 'canary',
  scenario: 'canary',
  startsAt: sentAt,
  until: sentAt + home.lasts,
  reason: `canary of sensor ${home.id}: measures the way from its log to every point`,
  reasons: [
    { stage: 'decide', code: 'canary.heard', text: `our own request ${nonce} was read; ${home.address} is reserved` },
  ],
  events: [event],
  simulated,
})
