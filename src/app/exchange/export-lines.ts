/** How a decision, and an allowlist entry, is written in each format. Values are canonical; reasons may be anybody's. */
import type { AllowEntry } from '../../core/act.ts'
import type { Decision } from '../../core/decision.ts'
import { parseCidr } from '../../core/ip.ts'
import { referenceOf } from '../../core/reference.ts'
import { iso } from '../../core/time.ts'
import { csvCell } from './csv.ts'
import { exactText } from './network-text.ts'

export const EXPORT_FORMATS = ['csv', 'json', 'plain', 'nginx', 'haproxy'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface Lines<T> {
  readonly head: string
  /** `first` is true for the first entry. Undefined: the format cannot say it. */
  line(entry: T, first: boolean): string | undefined
  readonly tail: string
}

const csvLine = (...cells: readonly (string | undefined)[]): string =>
  `${cells.map((cell) => csvCell(cell ?? '')).join(',')}\n`

const jsonLines = <T>(form: (entry: T) => Readonly<Record<string, unknown>>): Lines<T> => ({
  head: '[',
  line: (entry, first) => `${first ? '' : ','}\n${JSON.stringify(form(entry))}`,
  tail: '\n]\n',
})

const plainLines = <T>(line: (entry: T) => string | undefined): Lines<T> => ({ head: '', line, tail: '' })

/** As a reader of ours takes it back, exactly; undefined for what is no network (a host name). */
const networkText = (value: string): string | undefined => {
  const cidr = parseCidr(value)
  return cidr && exactText(cidr)
}

const subjectText = (entry: Decision): string => networkText(entry.value) ?? entry.value

export const DECISION_LINES: Readonly<Record<ExportFormat, Lines<Decision>>> = {
  csv: {
    head: csvLine('value', 'type', 'until', 'scenario', 'reason', 'origin', 'class'),
    line: (d) => csvLine(subjectText(d), d.type, iso(d.until), d.scenario, d.reason, d.origin, d.attackClass),
    tail: '',
  },
  json: jsonLines((d) => ({
    value: subjectText(d),
    type: d.type,
    until: iso(d.until),
    scenario: d.scenario,
    reason: d.reason,
    origin: d.origin,
    ...(d.attackClass === undefined ? {} : { class: d.attackClass }),
    id: d.id,
  })),
  plain: plainLines((d) => `${subjectText(d)}\n`),
  // The value is the reference code: all that a banned visitor may be shown.
  nginx: plainLines((d) => `${subjectText(d)} ${referenceOf(d.id)};\n`),
  haproxy: plainLines((d) => `${subjectText(d)} ${referenceOf(d.id)}\n`),
}

const suffixed = (suffix: string) => (entry: AllowEntry) => {
  const text = entry.kind === 'host' ? undefined : networkText(entry.value)
  return text === undefined ? undefined : `${text}${suffix}\n`
}

export const ALLOW_LINES: Readonly<Record<ExportFormat, Lines<AllowEntry>>> = {
  csv: {
    head: csvLine('value', 'kind', 'until', 'reason'),
    line: (e) => csvLine(e.value, e.kind, e.expiresAt === undefined ? '' : iso(e.expiresAt), e.reason),
    tail: '',
  },
  json: jsonLines((e) => ({
    value: e.value,
    kind: e.kind,
    ...(e.expiresAt === undefined ? {} : { until: iso(e.expiresAt) }),
    reason: e.reason,
  })),
  plain: plainLines(suffixed('')),
  nginx: plainLines(suffixed(' 1;')),
  haproxy: plainLines(suffixed(' 1')),
}
