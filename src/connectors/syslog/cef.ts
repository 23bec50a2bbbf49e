/** One event as CEF (ArcSight Common Event Format, revision 25), in a syslog line of RFC 5424. */
import type { CaseEvent, CaseFile } from '../../kit/case-file.ts'
import type { Settings } from './settings.ts'

const SEVERITY = { info: 1, low: 3, medium: 5, high: 8, critical: 10 } as const
/** Syslog's own ladder (RFC 5424, 6.2.1). */
const LEVEL = { info: 6, low: 5, medium: 4, high: 3, critical: 2 } as const
/** Receivers must take 2,048 octets and should take 8,192 (RFC 5425, 4.3.1). */
const MOST = 8000

const printable = (text: string): string =>
  text.replace(/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')

const header = (text: string): string =>
  printable(text)
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\|]/g, '\\$&')
const value = (text: string): string =>
  printable(text)
    .replace(/[\\=]/g, '\\$&')
    .replace(/\r\n|\r|\n/g, '\\n')

type Extension = readonly (readonly [key: string, value: string | number | undefined])[]

const cef = (id: string, name: string, severity: number, extension: Extension): string => {
  const pairs = extension.flatMap(([key, one]) =>
    one === undefined || one === '' ? [] : [`${key}=${value(String(one).slice(0, 2000))}`],
  )
  return `CEF:0|Riposte|Riposte|1|${header(id)}|${header(name)}|${severity}|${pairs.join(' ')}`
}

const line = ({ facility, host }: Settings, level: number, time: string, message: string): string =>
  `<${facility * 8 + level}>1 ${time} ${host} riposte - - - ${message}`.slice(0, MOST)

export const eventLine = (event: CaseEvent, settings: Settings): string => {
  const [first] = event.matches
  const message = cef(String(first?.ruleId ?? 'event'), first?.message ?? 'request', SEVERITY[event.severity], [
    ['rt', Date.parse(event.time)],
    ['src', event.clientIp],
    ['dhost', event.request.host],
    ['request', event.request.uri],
    ['requestMethod', event.request.method],
    ['requestClientApplication', event.request.userAgent],
    ['act', event.disposition],
    ['outcome', event.response.status],
    ['cat', event.attackClasses.join(',')],
    ['externalId', event.id],
    ['dvchost', event.sensor],
    ['cn1', event.threatScore],
    ['cn1Label', 'threatScore'],
    ['msg', event.matches.map(({ ruleId, message: text }) => `${ruleId} ${text}`).join('; ')],
  ])
  return line(settings, LEVEL[event.severity], event.time, message)
}

export const caseLine = (file: CaseFile, settings: Settings): string => {
  const [decision] = file.decisions
  const message = cef('incident', file.title, SEVERITY[file.severity], [
    ['rt', Date.parse(file.lastAt)],
    ['start', Date.parse(file.openedAt)],
    ['end', Date.parse(file.lastAt)],
    ['src', file.subject.scope === 'Ip' ? file.subject.value : undefined],
    ['cs1', file.subject.value],
    ['cs1Label', 'subject'],
    ['cs2', decision?.reference],
    ['cs2Label', decision && 'reference'],
    ['act', decision?.type],
    ['cat', file.attackClasses.join(',')],
    ['cnt', file.eventCount],
    ['externalId', file.id],
    ['reason', file.reasons.join('; ')],
  ])
  return line(settings, LEVEL[file.severity], file.lastAt, message)
}
