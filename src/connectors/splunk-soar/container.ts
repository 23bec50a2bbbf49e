/** A case as a container with artifacts in CEF keys (Splunk SOAR, REST Containers and REST Artifacts). */
import type { CaseEvent, CaseFile } from '../../kit/case-file.ts'
import { caseText, plainText } from '../../kit/case-text.ts'

const SEVERITY = { info: 'low', low: 'low', medium: 'medium', high: 'high', critical: 'high' } as const
const SENSITIVITY = { clear: 'white', green: 'green', amber: 'amber', red: 'red' } as const

const TYPES = {
  sourceAddress: ['ip'],
  destinationHostName: ['host name'],
  requestURL: ['url'],
} as const

export const artifactOf = (event: CaseEvent, container?: number): object => ({
  ...(container === undefined ? {} : { container_id: container }),
  name: `${event.attackClasses[0] ?? 'request'} ${event.disposition}`,
  label: 'event',
  severity: SEVERITY[event.severity],
  source_data_identifier: event.id,
  start_time: event.time,
  cef: {
    sourceAddress: event.clientIp,
    destinationHostName: event.request.host,
    requestURL: event.request.uri,
    requestMethod: event.request.method,
    requestClientApplication: event.request.userAgent,
    deviceVendor: 'OWASP',
    deviceProduct: 'ModSecurity',
    deviceAction: event.disposition,
    message: event.matches.map(({ ruleId, message }) => `${ruleId} ${message}`).join('; '),
    cs1Label: 'threatScore',
    cs1: String(event.threatScore),
    cs2Label: 'attackClasses',
    cs2: event.attackClasses.join(','),
  },
  cef_types: TYPES,
})

export const containerOf = (file: CaseFile, label: string): object => ({
  name: file.title,
  label,
  source_data_identifier: file.id,
  severity: SEVERITY[file.severity],
  sensitivity: SENSITIVITY[file.tlp],
  status: 'new',
  description: plainText(caseText(file)),
  start_time: file.openedAt,
  tags: ['modsecurity', ...file.attackClasses],
  data: { case: { ...file, events: undefined } },
  // Inline, so that the platform starts its playbooks once, after the last of them.
  artifacts: file.events.map((event) => artifactOf(event)),
})
