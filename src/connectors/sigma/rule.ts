/**
 * A Sigma rule for one attacker, and a correlation that counts it (Sigma specification 2.1.0: rules, correlations).
 * Written by a YAML library, so no value can leave its place.
 */
import { stringify } from 'yaml'
import type { CaseFile } from '../../kit/case-file.ts'
import { uuidOf } from '../../kit/uuid.ts'

const LEVEL = { info: 'informational', low: 'low', medium: 'medium', high: 'high', critical: 'critical' } as const

/** MITRE ATT&CK: what all of these are, an attack on a public-facing application. */
const TAGS = ['attack.initial-access', 'attack.t1190']

const day = (iso: string): string => iso.slice(0, 10)

export const sigmaRules = (file: CaseFile, author: string): string => {
  const name = `riposte_${file.id.replace(/\W/g, '_')}`
  const common = { status: 'experimental', author, date: day(file.openedAt), modified: day(file.lastAt) }
  const address = file.subject.value
  const rule = {
    title: file.title.slice(0, 256),
    name,
    id: uuidOf(file.id),
    ...common,
    description: `Traffic of an attacker that Riposte found: ${file.attackClasses.join(', ')}; rules ${file.rules
      .slice(0, 10)
      .map(({ id }) => id)
      .join(', ')}.`,
    logsource: { category: 'webserver' },
    detection: {
      selection: file.subject.scope === 'Ip' ? { 'c-ip': address } : { 'c-ip|cidr': address },
      condition: 'selection',
    },
    falsepositives: ['Addresses are given to others: the rule is worth little after the ban has ended.'],
    level: LEVEL[file.severity],
    tags: TAGS,
  }
  const correlation = {
    title: `${file.title.slice(0, 200)}, many requests`,
    id: uuidOf(`${file.id} correlation`),
    ...common,
    correlation: { type: 'event_count', rules: [name], 'group-by': ['c-ip'], timespan: '5m', condition: { gte: 10 } },
    level: LEVEL[file.severity],
    tags: TAGS,
  }
  return [rule, correlation].map((document) => stringify(document, { lineWidth: 0 })).join('---\n')
}
