/**
 * Which decisions a request asks for: `scopes`, `origins`, `scenarios_containing` and their like, as CrowdSec reads them:
 * of a parameter that is given twice the first counts, scopes and scenarios match in any case, the others exactly.
 */
import type { Entry } from '../../kit/sink.ts'
import { lapiOrigin, lapiScenario } from './decision.ts'

export type Query = Readonly<Record<string, unknown>>

/** The parameter as it was sent; undefined when it was not. */
export const parameter = (query: Query, name: string): string | undefined => {
  const value = query[name]
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : undefined
}

const list = (query: Query, ...names: readonly string[]): readonly string[] => {
  const text = names.map((name) => parameter(query, name)).find((value) => value !== undefined) ?? ''
  return text
    .slice(0, 2000)
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

const lower = (words: readonly string[]): readonly string[] => words.map((word) => word.toLowerCase())

export const filterOf = (query: Query): ((entry: Entry) => boolean) => {
  const scopes = lower(list(query, 'scopes', 'scope'))
  const origins = list(query, 'origins')
  const containing = lower(list(query, 'scenarios_containing'))
  const without = lower(list(query, 'scenarios_not_containing'))
  const type = parameter(query, 'type') || undefined
  const byScenario = containing.length + without.length > 0
  return (entry) => {
    const scenario = byScenario ? lapiScenario(entry).toLowerCase() : ''
    const scope = entry.value.includes('/') ? 'range' : 'ip'
    return (
      entry.type !== 'watch' &&
      (scopes.length === 0 || scopes.includes(scope)) &&
      (origins.length === 0 || origins.includes(lapiOrigin(entry.origin))) &&
      (containing.length === 0 || containing.some((word) => scenario.includes(word))) &&
      !without.some((word) => scenario.includes(word)) &&
      (type === undefined || type === entry.type)
    )
  }
}
