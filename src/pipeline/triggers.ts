/**
 * What of a commit playbooks may answer. In: the commit and which kinds anybody listens to. Out: its triggers, stored in
 * the same transaction, so that none is lost and none is made twice. Our own measuring (canaries) and other people's
 * lists (feeds) start nothing.
 */
import type { Incident } from '../core/alert.ts'
import type { Decision } from '../core/decision.ts'
import type { Severity } from '../core/event.ts'
import type { Trigger, TriggerKind } from '../core/trigger.ts'
import type { Commit } from '../kit/store.ts'

const SEVERITY: Readonly<Record<Decision['type'], Severity>> = {
  watch: 'low',
  throttle: 'medium',
  captcha: 'medium',
  ban: 'high',
}

/** Acts after which a decision is news; that one lasts longer is none. */
const STRONGER = new Set(['decision.add', 'decision.strengthen'])

export const triggersIn = (commit: Commit, listens: ReadonlySet<TriggerKind>): readonly Trigger[] => {
  if (listens.size === 0) return []
  const fresh = new Set(commit.alerts.map(({ id }) => id))
  const incidents = incidentsByAlert(commit.incidents)
  const triggers: Trigger[] = [
    ...commit.alerts.map(
      (alert): Trigger => ({
        kind: 'alert.raised',
        at: commit.at,
        severity: alert.severity,
        subject: alert.subject.value,
        alert: alert.id,
        ...incidentOf(alert.id, incidents),
      }),
    ),
    ...commit.incidents.flatMap((incident) =>
      kindsOf(incident, fresh, commit).map(
        (kind): Trigger => ({
          kind,
          at: commit.at,
          severity: incident.severity,
          subject: incident.subject.value,
          incident: incident.id,
        }),
      ),
    ),
    ...decisionTriggers(commit, incidents),
  ]
  return triggers.filter(({ kind }) => listens.has(kind))
}

/** By alert, the incident that it belongs to. */
type Belonging = ReadonlyMap<string, string>

const incidentsByAlert = (incidents: readonly Incident[]): Belonging =>
  new Map(incidents.flatMap(({ id, alerts }) => alerts.map((alert) => [alert, id] as const)))

const incidentOf = (alert: string, incidents: Belonging): { readonly incident?: string } => {
  const incident = incidents.get(alert)
  return incident === undefined ? {} : { incident }
}

const kindsOf = (incident: Incident, fresh: ReadonlySet<string>, commit: Commit): readonly TriggerKind[] => {
  if (incident.state === 'closed') return ['incident.closed']
  const added = incident.alerts.filter((id) => fresh.has(id))
  if (added.length === 0) return []
  const isNew = incident.alertCount === added.length
  const isEscalated =
    incident.escalatedBy !== undefined && commit.alerts.some((alert) => alert.id === incident.escalatedBy)
  return [isNew ? 'incident.opened' : 'incident.updated', ...(isEscalated ? (['incident.escalated'] as const) : [])]
}

const decisionTriggers = (commit: Commit, incidents: Belonging): readonly Trigger[] => {
  const added = new Set(commit.acts.filter(({ verb }) => STRONGER.has(verb)).map(({ subject }) => subject))
  return commit.decisions.flatMap((decision): readonly Trigger[] => {
    if (decision.origin === 'canary' || decision.origin.startsWith('feed:')) return []
    const kind =
      decision.withdrawnAt !== undefined ? 'decision.withdrawn' : added.has(decision.id) ? 'decision.added' : undefined
    if (!kind) return []
    const { id, type, value, alert, origin } = decision
    return [
      {
        kind,
        at: commit.at,
        severity: SEVERITY[type],
        subject: value,
        decision: id,
        type,
        origin,
        ...(alert === undefined ? {} : { alert, ...incidentOf(alert, incidents) }),
      },
    ]
  })
}
