/** Which column of a list means what: by its heading, or, where there are no headings, by what stands in it. */
import { REMEDIATIONS } from '../../core/decision.ts'
import { type Delimiter, plainCell, splitRecord } from './csv.ts'
import type { Item } from './item.ts'
import { readLength, readMoment } from './moments.ts'
import { readNetwork } from './network-text.ts'

type Part = 'value' | 'scope' | 'type' | 'until' | 'length' | 'reason' | 'scenario' | 'attackClass' | 'simulated'

const HEADINGS: Readonly<Record<string, Part>> = {
  value: 'value',
  ip: 'value',
  ip_address: 'value',
  ipaddress: 'value',
  address: 'value',
  network: 'value',
  cidr: 'value',
  range: 'value',
  subnet: 'value',
  ip_range: 'value',
  scope: 'scope',
  type: 'type',
  action: 'type',
  remediation: 'type',
  until: 'until',
  expires: 'until',
  expires_at: 'until',
  expiration: 'until',
  expiry: 'until',
  duration: 'length',
  bantime: 'length',
  ttl: 'length',
  reason: 'reason',
  comment: 'reason',
  description: 'reason',
  note: 'reason',
  scenario: 'scenario',
  class: 'attackClass',
  attack_class: 'attackClass',
  simulated: 'simulated',
}

const partOf = (heading: string): Part | undefined => {
  const name = heading.trim().toLowerCase().replaceAll(/[ -]/g, '_')
  return Object.hasOwn(HEADINGS, name) ? HEADINGS[name] : undefined
}

export interface Columns {
  readonly delimiter: Delimiter
  readonly parts: readonly (Part | undefined)[]
}

const DELIMITERS: readonly Delimiter[] = [',', ';', '\t']

/** The columns, when the line is one of headings: one of them names the address, and none is one. */
export const columnsOf = (line: string): Columns | undefined => {
  for (const delimiter of DELIMITERS) {
    const split = splitRecord(line, delimiter)
    if (!('fields' in split) || split.fields.some(readNetwork)) continue
    const parts = split.fields.map(partOf)
    if (parts.includes('value')) return { delimiter, parts }
  }
  return undefined
}

const present = (text: string | undefined): string | undefined => (text === undefined || text === '' ? undefined : text)

/** The item of named parts; texts that are empty count as absent. */
export const itemOf = (
  place: string,
  parts: Readonly<Partial<Record<Part, string | undefined>>>,
): Item & { readonly value: string } => {
  const until = present(parts.until) ?? present(parts.length)
  const reason = present(parts.reason) ?? present(parts.scenario)
  const scope = present(parts.scope)
  const type = present(parts.type)
  const attackClass = present(parts.attackClass)
  return {
    place,
    value: parts.value ?? '',
    ...(scope === undefined ? {} : { scope }),
    ...(type === undefined ? {} : { type }),
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
    ...(attackClass === undefined ? {} : { attackClass }),
    ...(/^(?:true|1|yes)$/i.test(parts.simulated ?? '') ? { simulated: true } : {}),
  }
}

/** What the fields say under these columns. */
export const itemInColumns = (place: string, fields: readonly string[], columns: Columns): Item => {
  const parts: Partial<Record<Part, string>> = {}
  columns.parts.forEach((part, i) => {
    if (part !== undefined && fields[i] !== undefined) parts[part] ||= plainCell(fields[i])
  })
  return itemOf(place, parts)
}

/** The delimiter of a line without headings: the first that occurs in it, unless a remark comes before. */
export const delimiterOf = (line: string): Delimiter | undefined => {
  const first = /[,;\t]|\s#/.exec(line)?.[0]
  return first === undefined || first.length > 1 ? undefined : (first as Delimiter)
}

const isEnd = (text: string): boolean =>
  // A bare number is rather a score, a port or a count than seconds.
  !/^\d+(?:\.\d+)?$/.test(text) && (readMoment(text) !== undefined || readLength(text) !== undefined)

const isType = (text: string): boolean => (REMEDIATIONS as readonly string[]).includes(text.toLowerCase())

/** What the fields say without headings; undefined when none of the first ones is an address. */
export const itemByContent = (place: string, fields: readonly string[]): Item | undefined => {
  const at = fields.slice(0, 8).findIndex((field) => readNetwork(field) !== undefined)
  if (at < 0) return undefined
  const rest = fields.filter((field, i) => i !== at && field !== '' && !/^(?:ip|range)$/i.test(field)).map(plainCell)
  const type = rest.find(isType)
  const until = rest.find(isEnd)
  return itemOf(place, {
    value: fields[at]!,
    type,
    until,
    reason: rest
      .filter((field) => field !== type && field !== until)
      .join(' ')
      .replace(/^[#;\s]+/, ''),
  })
}
