/** Collects what is known of an incident, an alert or a decision into the case that playbooks hand out. */
import type { Alert, Incident } from '../core/alert.ts'
import type { Decision } from '../core/decision.ts'
import type { Event } from '../core/event.ts'
import { eventJson } from '../core/event-json.ts'
import { referenceOf } from '../core/reference.ts'
import { iso } from '../core/time.ts'
import type { Trigger } from '../core/trigger.ts'
import type { CaseEvent, CaseFile } from '../kit/case-file.ts'
import type { Archive } from '../kit/store.ts'
import type { Tlp } from '../kit/tlp.ts'

type Records = Pick<Archive, 'alerts' | 'incidents' | 'decisions' | 'events'>

export interface CaseOptions {
  readonly tlp: Tlp
  /** Our own address for people, without a slash at its end. */
  readonly link?: string
}

const MOST_EVENTS = 16
const MOST_ALERTS = 128
const MOST_OF_A_KIND = 20
/** Of the latest alerts: what was said before is in them again. */
const MOST_REASONS = 8
const MOST_DECISIONS = 20

/** Null when the trigger is about nobody, or what it is about is no longer kept. */
export const caseOf = async (trigger: Trigger, records: Records, options: CaseOptions): Promise<CaseFile | null> => {
  const incident =
    trigger.incident === undefined ? undefined : (await records.incidents({ id: trigger.incident, limit: 1 }))[0]
  const ids = incident ? incident.alerts.slice(-MOST_ALERTS) : trigger.alert === undefined ? [] : [trigger.alert]
  const alerts = ids.length === 0 ? [] : (await records.alerts({ ids, limit: MOST_ALERTS })).toSorted(byTime)
  const decisions =
    trigger.subject === '' ? [] : await records.decisions({ value: trigger.subject, limit: MOST_DECISIONS })
  const about = trigger.decision === undefined ? [] : decisions.filter(({ id }) => id === trigger.decision)
  if (!incident && alerts.length === 0 && about.length === 0) return null
  const cited = [...new Set([...alerts.flatMap(({ events }) => events), ...about.flatMap(({ events }) => events)])]
  const events = cited.length === 0 ? [] : await records.events({ ids: firstAndLast(cited), limit: MOST_EVENTS })
  return fileOf({ trigger, incident, alerts, decisions, events: events.toSorted((a, b) => a.time - b.time) }, options)
}

/** The first four and the latest. */
const firstAndLast = (ids: readonly string[]): readonly string[] =>
  ids.length <= MOST_EVENTS ? ids : [...ids.slice(0, 4), ...ids.slice(4 - MOST_EVENTS)]

const byTime = (a: Alert, b: Alert): number => a.stoppedAt - b.stoppedAt

interface Facts {
  readonly trigger: Trigger
  readonly incident: Incident | undefined
  readonly alerts: readonly Alert[]
  readonly decisions: readonly Decision[]
  readonly events: readonly Event[]
}

const fileOf = ({ trigger, incident, alerts, decisions, events }: Facts, { tlp, link }: CaseOptions): CaseFile => {
  const [first, last] = [alerts[0], alerts.at(-1)]
  const about = decisions.find(({ id }) => id === trigger.decision)
  const id = incident?.id ?? last?.id ?? about!.id
  const subject = incident?.subject ?? last?.subject ?? { scope: about!.scope, value: about!.value }
  const attackClasses = unique(incident?.attackClasses ?? alerts.flatMap((alert) => alert.attackClasses))
  const anomaly = Math.max(...events.map(({ anomalyScore }) => anomalyScore ?? 0), 0)
  return {
    id,
    kind: incident ? 'incident' : 'alert',
    title: `${NAMES[attackClasses[0] ?? 'other']} from ${subject.value}`,
    severity: incident?.severity ?? last?.severity ?? trigger.severity,
    tlp,
    confidence: Math.max(0, ...alerts.map(({ confidence }) => confidence)),
    state: incident?.state ?? 'open',
    escalated: incident?.escalated ?? false,
    subject,
    openedAt: iso(incident?.openedAt ?? first?.startedAt ?? about!.startsAt),
    lastAt: iso(incident?.lastAt ?? last?.stoppedAt ?? about!.startsAt),
    alertCount: incident?.alertCount ?? alerts.length,
    eventCount: incident?.eventCount ?? events.length,
    threatScore: Math.max(0, ...events.map(({ threatScore }) => threatScore)),
    ...(anomaly > 0 ? { anomalyScore: anomaly } : {}),
    attackClasses,
    scenarios: unique(incident?.scenarios ?? alerts.map(({ scenario }) => scenario)),
    sensors: unique(alerts.map(({ sensor }) => sensor)),
    reasons: unique([...alerts].reverse().flatMap(({ reasons }) => reasons.map(({ text }) => text))).slice(
      0,
      MOST_REASONS,
    ),
    rules: rulesOf(events),
    observables: {
      hosts: some(events.map(({ request }) => request.host)),
      paths: some(events.map(({ request }) => request.path)),
      userAgents: some(events.map(({ request }) => request.userAgent)),
    },
    decisions: decisions.map(decisionOf),
    // Through JSON: what is absent is left out, and what is handed out shares nothing with us.
    events: events.map((event) => JSON.parse(JSON.stringify(eventJson(event))) as CaseEvent),
    ...(link === undefined || !incident ? {} : { link: `${link}/incidents/${incident.id}` }),
  }
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)]
const some = (values: readonly string[]): string[] =>
  unique(values.filter((value) => value !== '')).slice(0, MOST_OF_A_KIND)

const rulesOf = (events: readonly Event[]): CaseFile['rules'] => {
  const rules = new Map<number, CaseFile['rules'][number]>()
  for (const { matches } of events)
    for (const { ruleId: id, message, severity, evaluation } of matches) {
      if (evaluation) continue
      rules.set(id, { id, message, severity, count: (rules.get(id)?.count ?? 0) + 1 })
    }
  return [...rules.values()].sort((a, b) => b.count - a.count || a.id - b.id)
}

const decisionOf = (decision: Decision): CaseFile['decisions'][number] => {
  const { id, type, scope, value, origin, scenario, startsAt, until, reason, simulated, withdrawnAt } = decision
  const times = { startsAt: iso(startsAt), until: iso(Math.min(until, withdrawnAt ?? until)) }
  return { id, reference: referenceOf(id), type, scope, value, origin, scenario, ...times, reason, simulated }
}

/** Attack classes as people call them. */
const NAMES: Readonly<Record<CaseFile['attackClasses'][number], string>> = {
  sqli: 'SQL injection',
  xss: 'Cross-site scripting',
  lfi: 'Local file inclusion',
  rfi: 'Remote file inclusion',
  rce: 'Command execution',
  php: 'PHP injection',
  java: 'Java injection',
  ssrf: 'Server-side request forgery',
  xxe: 'XML external entities',
  ssti: 'Template injection',
  'session-fixation': 'Session fixation',
  protocol: 'Protocol violation',
  scanner: 'Scanner',
  'data-leak': 'Data leak',
  dos: 'Denial of service',
  bruteforce: 'Brute force',
  honeypot: 'Honeypot',
  other: 'Attack',
}
