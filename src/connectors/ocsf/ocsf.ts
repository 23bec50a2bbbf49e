/**
 * Events and cases in the Open Cybersecurity Schema Framework, version 1.7.0 (ocsf/ocsf-schema): an event is an HTTP
 * Activity (4002) with the profile of security controls, a case a Detection Finding (2004) with its life cycle.
 */
import type { CaseEvent, CaseFile } from '../../kit/case-file.ts'

const VERSION = '1.7.0'
const PRODUCT = { name: 'Riposte', vendor_name: 'Riposte' }

const HTTP_ACTIVITY = { category_uid: 4, class_uid: 4002 }
const DETECTION_FINDING = { category_uid: 2, class_uid: 2004 }
const OTHER = 99

const SEVERITY = { info: 1, low: 2, medium: 3, high: 4, critical: 5 } as const
const METHOD: Readonly<Record<string, number>> = {
  ...{ CONNECT: 1, DELETE: 2, GET: 3, HEAD: 4, OPTIONS: 5, POST: 6, PUT: 7, TRACE: 8, PATCH: 9 },
}
const OUTCOME = {
  blocked: { action_id: 2, disposition_id: 2 },
  detected: { action_id: 3, disposition_id: 15 },
  allowed: { action_id: 1, disposition_id: 1 },
} as const
/** Types of observables. */
const TYPE = { hostname: 1, ip: 2, subnet: 12, userAgent: 16 } as const
const ANALYTIC_RULE = 1

const classified = (of: { readonly category_uid: number; readonly class_uid: number }, activity: number) => ({
  ...of,
  activity_id: activity,
  type_uid: of.class_uid * 100 + activity,
})

const metadata = (uid: string, profiles: readonly string[]) => ({ version: VERSION, product: PRODUCT, uid, profiles })

/** What is empty is left out. */
const told = <Value>(key: string, value: Value | '' | undefined): Readonly<Record<string, Value>> =>
  value === '' || value === undefined ? {} : { [key]: value }

const requestOf = ({ request }: CaseEvent) => ({
  http_method: request.method,
  version: request.httpVersion,
  ...told('user_agent', request.userAgent),
  url: { path: request.path, ...told('hostname', request.host), ...told('query_string', request.query) },
})

export const ocsfEvent = (event: CaseEvent): object => {
  const [first] = event.matches
  const activity = METHOD[event.request.method] ?? OTHER
  return {
    ...classified(HTTP_ACTIVITY, activity),
    ...(activity === OTHER ? { activity_name: event.request.method } : {}),
    time: Date.parse(event.time),
    severity_id: SEVERITY[event.severity],
    metadata: metadata(event.id, ['security_control']),
    ...told('message', event.matches.map(({ message }) => message).join('; ')),
    ...OUTCOME[event.disposition],
    is_alert: event.matches.length > 0,
    risk_score: event.threatScore,
    ...(first
      ? { firewall_rule: { uid: String(first.ruleId), name: first.message, category: first.attackClass } }
      : {}),
    http_request: requestOf(event),
    http_response: { code: event.response.status },
    src_endpoint: { ip: event.clientIp },
    dst_endpoint: { hostname: event.request.host || event.sensor },
    observables: [{ name: 'src_endpoint.ip', type_id: TYPE.ip, value: event.clientIp }],
  }
}

const OPEN = { status_id: 1 }
const CLOSED = { status_id: 4 }

/** Created with its first alert, updated with each that follows. */
const activityOf = ({ state, alertCount }: CaseFile): number => (state === 'closed' ? 3 : alertCount > 1 ? 2 : 1)

/** Low, medium, high. */
const confidenceOf = (confidence: number): number => (confidence >= 80 ? 3 : confidence >= 40 ? 2 : 1)

export const ocsfCase = (file: CaseFile): object => {
  const isBanned = file.decisions.some(({ type, simulated }) => type === 'ban' && !simulated)
  return {
    ...classified(DETECTION_FINDING, activityOf(file)),
    time: Date.parse(file.lastAt),
    start_time: Date.parse(file.openedAt),
    end_time: Date.parse(file.lastAt),
    severity_id: SEVERITY[file.severity],
    // A new version of a case is a new record of the same finding.
    metadata: metadata(`${file.id}:${file.state}:${file.lastAt}`, ['security_control']),
    message: file.title,
    ...(file.state === 'closed' ? CLOSED : OPEN),
    ...OUTCOME[isBanned ? 'blocked' : 'detected'],
    is_alert: file.state === 'open',
    confidence_id: confidenceOf(file.confidence),
    confidence_score: file.confidence,
    risk_score: file.threatScore,
    finding_info: {
      uid: file.id,
      title: file.title,
      created_time: Date.parse(file.openedAt),
      modified_time: Date.parse(file.lastAt),
      types: file.attackClasses,
      ...told('desc', file.reasons.join('; ')),
      ...told('src_url', file.link),
      ...(file.scenarios[0] === undefined
        ? {}
        : { analytic: { type_id: ANALYTIC_RULE, name: file.scenarios.join(', ') } }),
    },
    evidences: file.events.map((event) => ({
      uid: event.id,
      src_endpoint: { ip: event.clientIp },
      http_request: requestOf(event),
      http_response: { code: event.response.status },
    })),
    observables: [
      {
        name: 'evidences[].src_endpoint.ip',
        type_id: file.subject.scope === 'Ip' ? TYPE.ip : TYPE.subnet,
        value: file.subject.value,
      },
      ...file.observables.hosts.map((value) => ({
        name: 'evidences[].http_request.url.hostname',
        ...{ type_id: TYPE.hostname, value },
      })),
      ...file.observables.userAgents.map((value) => ({
        name: 'evidences[].http_request.user_agent',
        ...{ type_id: TYPE.userAgent, value },
      })),
    ],
  }
}
