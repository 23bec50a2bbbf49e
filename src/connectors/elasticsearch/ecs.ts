/** Events and cases as documents of the Elastic Common Schema 9 (elastic/ecs, schemas). */
import type { CaseEvent, CaseFile } from '../../kit/case-file.ts'

const SEVERITY = { info: 0, low: 25, medium: 50, high: 75, critical: 100 } as const
const VERSION = '9.2.0'
const OBSERVER = { vendor: 'OWASP', product: 'ModSecurity', type: 'waf' }

const TYPE = { blocked: 'denied', detected: 'info', allowed: 'allowed' } as const

export const ecsEvent = (event: CaseEvent): object => {
  const [first] = event.matches
  const { request } = event
  return {
    '@timestamp': event.time,
    ecs: { version: VERSION },
    event: {
      kind: 'alert',
      category: ['web', 'intrusion_detection'],
      type: [TYPE[event.disposition]],
      action: event.disposition,
      dataset: 'modsec.auditlog',
      module: 'modsec',
      provider: 'riposte',
      id: event.id,
      severity: SEVERITY[event.severity],
      risk_score: event.threatScore,
    },
    message: event.matches.map(({ message }) => message).join('; '),
    ...(first
      ? { rule: { id: String(first.ruleId), name: first.message, category: first.attackClass, ruleset: 'OWASP CRS' } }
      : {}),
    source: { ip: event.clientIp },
    client: { ip: event.clientIp },
    url: { original: request.uri, domain: request.host, path: request.path, query: request.query },
    http: {
      version: request.httpVersion,
      request: { method: request.method },
      response: { status_code: event.response.status },
    },
    user_agent: { original: request.userAgent },
    observer: { ...OBSERVER, hostname: event.sensor },
    related: { ip: [event.clientIp], hosts: [request.host].filter(Boolean) },
    tags: event.attackClasses.map((name) => `attack-${name}`),
    // Where Elastic's own ModSecurity integration keeps them, for its dashboards.
    modsec: { audit: { messages: event.matches.map(({ message }) => message) } },
  }
}

export const ecsCase = (file: CaseFile): object => ({
  '@timestamp': file.lastAt,
  ecs: { version: VERSION },
  event: {
    kind: 'alert',
    category: ['intrusion_detection'],
    type: [file.decisions.some(({ type, simulated }) => type === 'ban' && !simulated) ? 'denied' : 'info'],
    dataset: 'riposte.incident',
    module: 'riposte',
    provider: 'riposte',
    id: file.id,
    start: file.openedAt,
    end: file.lastAt,
    severity: SEVERITY[file.severity],
    risk_score: file.threatScore,
    reason: file.reasons.join('; '),
    ...(file.link === undefined ? {} : { url: file.link }),
  },
  message: file.title,
  source: file.subject.scope === 'Ip' ? { ip: file.subject.value } : { address: file.subject.value },
  observer: { ...OBSERVER, hostname: file.sensors[0] },
  related: {
    ip: file.subject.scope === 'Ip' ? [file.subject.value] : [],
    hosts: file.observables.hosts,
  },
  threat: {
    indicator: {
      type: file.subject.value.includes(':') ? 'ipv6-addr' : 'ipv4-addr',
      confidence: confidenceWord(file.confidence),
      provider: 'riposte',
    },
  },
  tags: file.attackClasses.map((name) => `attack-${name}`),
})

const confidenceWord = (confidence: number): 'Low' | 'Medium' | 'High' =>
  confidence >= 80 ? 'High' : confidence >= 40 ? 'Medium' : 'Low'
