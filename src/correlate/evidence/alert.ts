/** The alert that a verdict becomes, and how its subject behaved. */
import type { Alert, Conduct } from '../../core/alert.ts'
import type { AttackClass, Event } from '../../core/event.ts'
import { derivedId } from '../../core/id.ts'
import { subjectOf } from '../../core/ip.ts'
import type { Millis } from '../../core/time.ts'
import { type Actor, goodSessions, isGoodSession } from './actor.ts'
import { confidence } from './lines.ts'
import type { Level, Weighed } from './weigh.ts'

export const SCENARIO = 'evidence'

/** User agents and sessions count only with people behind them: those that do more than send payloads. */
export const conductOf = (actor: Actor, clientsSeen: number): Conduct => ({
  requests: Math.round(actor.requests),
  matched: Math.round(actor.hostile?.matched ?? 0),
  clean: Math.round(actor.clean),
  userAgents: new Set(actor.personas.filter(isGoodSession).map((p) => p[4])).size,
  sessions: goodSessions(actor),
  clientsSeen,
})

export const alertOf = (
  actor: Actor,
  event: Event,
  level: Level,
  weighed: Weighed,
  clientsSeen: number,
  now: Millis,
): Alert => {
  const h = actor.hostile
  return {
    id: derivedId('a', SCENARIO, event.sensor, actor.who, level, event.id),
    scenario: SCENARIO,
    subject: subjectOf(event.clientIp),
    sensor: event.sensor,
    startedAt: h?.since ?? actor.born,
    stoppedAt: now,
    eventCount: Math.max(1, Math.round(h?.matched ?? 1)),
    events: h && h.events.length > 0 ? [...h.events] : [event.id],
    attackClasses: [...((h?.classes ?? []) as AttackClass[])],
    severity:
      level === 'ban' ? (h?.proof === undefined ? 'high' : 'critical') : level === 'throttle' ? 'medium' : 'low',
    confidence: confidence(weighed.sum),
    verdict: level,
    conduct: conductOf(actor, clientsSeen),
    reasons: weighed.reasons(),
  }
}
