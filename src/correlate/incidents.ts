/**
 * Incidents: the alerts of one actor in one campaign, worked as one case.
 *
 * Enters: alerts, in log order. Leaves: the incident as it now stands, to be stored in place of its former self.
 * Promised: a campaign goes on while alerts come closer together than `window`; the id is derived from the first
 * alert; severity and escalation only rise; lists are bounded, counts are not. `eventCount` adds up what the alerts
 * counted: an event that two scenarios looked at is in it twice.
 */
import type { Alert, Incident } from '../core/alert.ts'
import { derivedId } from '../core/id.ts'
import { HOUR, type Millis } from '../core/time.ts'
import type { StateSpace } from '../kit/state.ts'
import { boundedPut } from './bounded-put.ts'
import { joinClasses, worse } from './tally.ts'
import { LATE } from './types/in-order.ts'

export interface IncidentOptions {
  /** Idle time that ends a campaign, in milliseconds; 6 h when absent. */
  readonly window?: Millis
}

export interface Incidents {
  add(alert: Alert): Incident
  /** The incident as closed, or undefined when no open one has this id. The actor's next alert opens a new one. */
  close(id: string, now: Millis): Incident | undefined
}

/** Alert ids kept in an incident; the rest are found by their subject. */
const ALERTS = 128

export const createIncidents = (options: IncidentOptions, state: StateSpace): Incidents => {
  const window = options.window ?? 6 * HOUR
  const open = state.table<Incident>('incidents')

  return {
    add(alert) {
      const key = `${alert.subject.scope} ${alert.subject.value}`
      const known = open.get(key, alert.stoppedAt)
      const going = known && Math.abs(alert.stoppedAt - known.lastAt) < window ? known : undefined
      const escalatedBy = going?.escalatedBy ?? (alert.escalate === true && !going?.escalated ? alert.id : undefined)
      const incident: Incident = {
        id: going?.id ?? derivedId('i', alert.subject.scope, alert.subject.value, alert.id),
        subject: alert.subject,
        openedAt: Math.min(going?.openedAt ?? alert.startedAt, alert.startedAt),
        lastAt: Math.max(going?.lastAt ?? alert.stoppedAt, alert.stoppedAt),
        state: 'open',
        severity: going ? worse(going.severity, alert.severity) : alert.severity,
        escalated: (going?.escalated ?? false) || alert.escalate === true,
        ...(escalatedBy === undefined ? {} : { escalatedBy }),
        alertCount: (going?.alertCount ?? 0) + 1,
        eventCount: (going?.eventCount ?? 0) + alert.eventCount,
        scenarios: [...new Set([...(going?.scenarios ?? []), alert.scenario])],
        attackClasses: joinClasses(going?.attackClasses ?? [], alert.attackClasses),
        alerts: [...(going?.alerts ?? []), alert.id].slice(-ALERTS),
      }
      boundedPut(open, key, incident, incident.lastAt + window + LATE)
      return incident
    },

    close(id, now) {
      for (const [key, incident] of open.entries(now))
        if (incident.id === id) {
          open.delete(key)
          return { ...incident, state: 'closed' }
        }
      return undefined
    },
  }
}
