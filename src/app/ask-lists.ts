/** What DNS lists say of an address: those of the configuration, or any other. */
import { getServers } from 'node:dns'
import { Failure } from '../core/failure.ts'
import { parseCidr } from '../core/ip.ts'
import { idPrefixOf } from '../core/reference.ts'
import { classOfCode } from '../dns/rbl-codes.ts'
import { reverseName } from '../dns/reverse-name.ts'
import type { ListPlace } from '../kit/connector.ts'
import { ask } from '../kit/dns-client.ts'
import { type Endpoint, parseEndpoint } from '../kit/scalars.ts'
import type { PointConfig } from './config/enforce.ts'

export interface Asked {
  /** Absent for a zone that no point of ours feeds. */
  readonly point?: string
  readonly place: ListPlace
}

export interface ListAnswer extends Asked {
  readonly name: string
  /** `unasked`: the zone has no names for such an address. */
  readonly state: 'listed' | 'open' | 'silent' | 'refused' | 'unasked'
  /** Of the server, such as NXDOMAIN; absent when it is silent. */
  readonly rcode?: string
  /** 127.0.0.x. */
  readonly addresses: readonly string[]
  readonly texts: readonly string[]
  /** The attack class; only where the text is a reference code of ours, for others give the numbers another meaning. */
  readonly class?: string
  /** Seconds. */
  readonly ttl?: number
}

/** Every list that the points feed and that can be asked. */
export const listsOf = (points: readonly PointConfig[]): readonly Asked[] =>
  points.flatMap(({ name, plugin, config }) => (plugin.lists?.(config) ?? []).map((place) => ({ point: name, place })))

/** The first name server of this machine. Throws NO_RESOLVER when it has none. */
export const systemResolver = (): Endpoint => {
  const [first] = getServers()
  const bare = first !== undefined && parseCidr(first) ? { host: first, port: 53 } : parseEndpoint(first ?? '')
  if (bare) return bare
  throw new Failure('NO_RESOLVER', 'this machine has no name server', { remedy: 'Give --server ADDRESS:PORT.' })
}

/** A canonical address in front of a zone; undefined when the zone has no such names. */
const nameIn = (ip: string, { zone, purpose }: ListPlace): string | undefined => {
  if (purpose !== 'forward') return `${reverseName(ip, parseCidr(ip)!.address.toByteArray())}.${zone}`
  return ip.includes(':') ? undefined : `${ip}.${zone}`
}

const answerOf = async (ip: string, asked: Asked): Promise<ListAnswer> => {
  const { place } = asked
  const name = nameIn(ip, place)
  if (name === undefined) return { ...asked, name: '', state: 'unasked', addresses: [], texts: [] }
  const [[told], [text]] = await Promise.all([
    ask(place.server, [name], { type: 'A' }),
    ask(place.server, [name], { type: 'TXT' }),
  ])
  const isAnswer = told?.rcode === 'NOERROR' || told?.rcode === 'NXDOMAIN'
  const codes = told?.codes ?? []
  const texts = text?.texts ?? []
  const attackClass = codes[0] !== undefined && idPrefixOf(texts[0] ?? '') ? classOfCode(codes[0]) : undefined
  return {
    ...asked,
    name,
    state: !told ? 'silent' : !isAnswer ? 'refused' : codes.length > 0 ? 'listed' : 'open',
    ...(told ? { rcode: told.rcode } : {}),
    addresses: codes.map((code) => `127.0.0.${code}`),
    texts,
    ...(attackClass === undefined ? {} : { class: attackClass }),
    ...(told?.ttl === undefined || codes.length === 0 ? {} : { ttl: told.ttl }),
  }
}

export const askLists = (ip: string, lists: readonly Asked[]): Promise<readonly ListAnswer[]> =>
  Promise.all(lists.map((asked) => answerOf(ip, asked)))
