/** A case as an incident of QRadar SOAR; artifact types by name, since their numbers differ per organisation. */
import type { CaseFile } from '../../kit/case-file.ts'
import { caseText, plainText } from '../../kit/case-text.ts'
import type { Settings } from './settings.ts'

const SEVERITY = { info: 'Low', low: 'Low', medium: 'Medium', high: 'High', critical: 'High' } as const
const MOST = 20

export interface Artifact {
  readonly type: { readonly name: string }
  readonly value: string
  readonly description: { readonly format: 'text'; readonly content: string }
}

const artifact = (name: string, value: string, content: string): Artifact => ({
  type: { name },
  value: value.slice(0, 2000),
  description: { format: 'text', content },
})

export const artifactsOf = ({ subject, observables }: CaseFile): readonly Artifact[] => [
  artifact('IP Address', subject.value.replace(/\/64$/, ''), 'the attacker'),
  ...observables.hosts.slice(0, MOST).map((host) => artifact('DNS Name', host, 'host that was attacked')),
  ...observables.paths.slice(0, MOST).map((path) => artifact('URI Path', path, 'path that was attacked')),
  ...observables.userAgents
    .slice(0, MOST)
    .map((agent) => artifact('User Agent', agent, 'as the attacker calls itself')),
]

export const incidentOf = (file: CaseFile, { types, keyField }: Settings): object => ({
  name: file.title,
  description: { format: 'text', content: plainText(caseText(file)) },
  discovered_date: Date.parse(file.openedAt),
  start_date: Date.parse(file.openedAt),
  incident_type_ids: types,
  severity_code: { name: SEVERITY[file.severity] },
  ...(keyField === undefined ? {} : { properties: { [keyField]: file.id } }),
  artifacts: artifactsOf(file),
})
