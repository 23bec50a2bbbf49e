/** A case of ours as an alert of TheHive 5 (docs.strangebee.com, API v1). `sourceRef` is ours, so a repeat is found out there. */
import type { CaseFile } from '../../kit/case-file.ts'
import { caseMarkdown } from '../../kit/case-markdown.ts'

export const TYPE = 'waf'
export const SOURCE = 'riposte'

const SEVERITY = { info: 1, low: 1, medium: 2, high: 3, critical: 4 } as const
const TLP = { clear: 0, green: 1, amber: 2, red: 3 } as const
const MOST_OBSERVABLES = 50

interface Observable {
  readonly dataType: 'ip' | 'user-agent' | 'fqdn' | 'uri_path' | 'other'
  readonly data: string
  readonly tlp: number
  readonly ioc?: boolean
}

/** Each once: a repeated one made TheHive 4 refuse the whole alert. */
const observables = ({ subject, observables: seen, tlp }: CaseFile): readonly Observable[] => {
  const level = TLP[tlp]
  const all: Observable[] = [
    { dataType: subject.scope === 'Ip' ? 'ip' : 'other', data: subject.value, tlp: level, ioc: true },
    ...seen.hosts.map((data): Observable => ({ dataType: 'fqdn', data, tlp: level })),
    ...seen.paths.map((data): Observable => ({ dataType: 'uri_path', data: data.slice(0, 4000), tlp: level })),
    ...seen.userAgents.map((data): Observable => ({ dataType: 'user-agent', data: data.slice(0, 4000), tlp: level })),
  ]
  return [...new Map(all.map((one) => [`${one.dataType} ${one.data}`, one])).values()].slice(0, MOST_OBSERVABLES)
}

export const alertOf = (file: CaseFile, template: string | undefined): object => ({
  type: TYPE,
  source: SOURCE,
  sourceRef: file.id,
  title: file.title,
  description: caseMarkdown(file),
  severity: SEVERITY[file.severity],
  date: Date.parse(file.openedAt),
  tlp: TLP[file.tlp],
  pap: 2,
  tags: ['modsecurity', ...file.attackClasses.map((name) => `attack:${name}`)],
  ...(file.link === undefined ? {} : { externalLink: file.link }),
  ...(template === undefined ? {} : { caseTemplate: template }),
  observables: observables(file),
})
