/** Which decisions a request asks for: `scopes`, `origins`, `scenarios_containing` and their like, as CrowdSec reads them. */
import type { Entry } from '../../kit/sink.ts'
import { lapiOrigin } from './decision.ts'

export type Query = Readonly<Record<string, unknown>>

const list = (value: unknown): readonly string[] =>
  typeof value === 'string' && value.length <= 2000
    ? value
        .split(',')
        .map((word) => word.trim().toLowerCase())
        .filter((word) => word !== '')
    : []

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export const filterOf = (query: Query): ((entry: Entry) => boolean) => {
  const scopes = list(query['scopes'])
  const origins = list(query['origins'])
  const containing = list(query['scenarios_containing'])
  const without = list(query['scenarios_not_containing'])
  const type = textOf(query['type'])?.toLowerCase()
  return (entry) => {
    const scenario = `riposte/${entry.scenario}`
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
