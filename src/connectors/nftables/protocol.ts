/**
 * What daemon and keeper say to each other: one JSON object per line, each answered by one with the same `id`. The
 * keeper believes nothing of it: whatever is not exactly as described here is an error, and nothing of it is done.
 */
import { type Cidr, parseCidr } from '../../core/ip.ts'
import { specialNetwork } from '../../core/special-networks.ts'

/** A line beyond this ends the connection. */
export const LINE_LIMIT = 1024 * 1024
/** Entries per request. */
export const BATCH = 1000

export interface Block {
  readonly value: string
  /** Whole seconds that it lasts from now, 1 to a year. */
  readonly seconds: number
}

export type Request =
  /** The whole set is to come; what came of another is forgotten. `networks` are let pass. */
  | { readonly op: 'begin'; readonly networks: readonly string[] }
  /** In parts; what is in none of them goes when the last one has come. */
  | { readonly op: 'replace'; readonly blocks: readonly Block[]; readonly last: boolean }
  | { readonly op: 'change'; readonly add: readonly Block[]; readonly remove: readonly string[] }
  | { readonly op: 'allow'; readonly networks: readonly string[] }
  | { readonly op: 'has'; readonly values: readonly string[] }
  | { readonly op: 'held' }
  | { readonly op: 'counters' }

export type Answer =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly error: string }

const YEAR = 365 * 24 * 3600

const isList = (value: unknown, most = BATCH): value is readonly unknown[] =>
  Array.isArray(value) && value.length <= most

const network = (value: unknown): Cidr => {
  const cidr = typeof value === 'string' && value.length <= 64 ? parseCidr(value) : undefined
  if (!cidr || cidr.text !== value) throw new Error('not an address or network in canonical form')
  return cidr
}

const block = (value: unknown): Block => {
  const { value: text, seconds } = (value ?? {}) as Record<string, unknown>
  const cidr = network(text)
  const special = specialNetwork(cidr)
  if (special) throw new Error(`${cidr.text} touches ${special.network}: ${special.what}`)
  if (!Number.isInteger(seconds) || (seconds as number) < 1 || (seconds as number) > YEAR)
    throw new Error('seconds are a whole number from 1 to a year')
  return { value: cidr.text, seconds: seconds as number }
}

/** The request in a line; throws what is wrong with it, without repeating what somebody sent. */
export const readRequest = (line: string): { readonly id: number; readonly request: Request } => {
  let read: Record<string, unknown>
  try {
    read = JSON.parse(line) as Record<string, unknown>
  } catch {
    throw new Error('not JSON')
  }
  const { id, op } = read ?? {}
  if (!Number.isSafeInteger(id)) throw new Error('no id')
  const list = (key: string, most?: number): readonly unknown[] => {
    const value = read[key]
    if (!isList(value, most)) throw new Error(`${key} is a list of at most ${most ?? BATCH}`)
    return value
  }
  const request = ((): Request => {
    switch (op) {
      case 'replace':
        return { op, blocks: list('blocks').map(block), last: read['last'] === true }
      case 'change':
        return { op, add: list('add').map(block), remove: list('remove').map((value) => network(value).text) }
      case 'begin':
      case 'allow':
        return { op, networks: list('networks', 10_000).map((value) => network(value).text) }
      case 'has':
        return { op, values: list('values').map((value) => network(value).text) }
      case 'held':
      case 'counters':
        return { op }
      default:
        throw new Error('no such op')
    }
  })()
  return { id: id as number, request }
}
