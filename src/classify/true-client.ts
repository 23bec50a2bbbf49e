/**
 * Who the client is, when requests come through proxies.
 *
 * Enters: the TCP peer as logged and the request's headers. Leaves: the true client, and how many client headers came
 * from a peer that has no say. Promised: an outsider cannot choose whom we blame. Only a header written by a trusted
 * peer is read, from the right, where the proxies nearest to us append; the first address that is not ours is the
 * client, and nothing left of it is looked at. An entry that is no address ends the walk at the peer, never at a
 * neighbour: the peer is then a trusted proxy, which the guards of `decide` never touch.
 */
import type { HeaderList } from '../core/event.ts'
import type { Cidr } from '../core/ip.ts'
import { elementStart, forNode } from './forwarded.ts'
import { createHopReader, type Hop } from './hop.ts'

/**
 * Which header the trusted proxies write. `auto` reads X-Forwarded-For, which nearly all of them do, and only in its
 * absence Forwarded, then X-Real-IP. If yours write another one and pass X-Forwarded-For on as the client sent it,
 * name theirs: with `auto` the client could then write what is believed.
 */
export type ClientHeader = 'auto' | 'x-forwarded-for' | 'forwarded' | 'x-real-ip' | 'none'

export interface TrueClient {
  /** Canonical text. */
  readonly ip: string
  readonly peerIp: string
  /** `peer`: no trusted proxy, or one that named nobody. `header`: named by a trusted proxy. `unreadable`: a trusted peer whose header does not say. */
  readonly by: 'peer' | 'header' | 'unreadable'
  readonly untrustedHeaders: number
}

/** Proxies that a request may pass through; a longer chain is a loop or a forgery. */
const MOST_HOPS = 32

const CLIENT_HEADERS: ReadonlySet<string> = new Set(['x-forwarded-for', 'forwarded', 'x-real-ip'])
export const isClientHeader = (lowerName: string): boolean => CLIENT_HEADERS.has(lowerName)

const linesOf = (headers: HeaderList, name: string): string[] => {
  const lines: string[] = []
  for (const [key, value] of headers)
    if (key.length === name.length && key.toLowerCase() === name && value.trim() !== '') lines.push(value)
  return lines
}

/** Entries of a comma list from the right, over repeated header lines. Undefined in place of one that cannot be read. */
function* listFromRight(lines: readonly string[]): Generator<string | undefined> {
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i]!
    let end = line.length
    while (end >= 0) {
      const comma = end === 0 ? -1 : line.lastIndexOf(',', end - 1)
      yield line.slice(comma + 1, end).trim()
      end = comma
    }
  }
}

function* forwardedFromRight(lines: readonly string[]): Generator<string | undefined> {
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i]!
    let end = line.length
    while (end >= 0) {
      const start = elementStart(line, end)
      if (start === undefined) return yield undefined
      yield forNode(line.slice(start, end))
      end = start - 1
    }
  }
}

/** One value: proxies set this header, they do not append. Several that differ are somebody's invention. */
function* single(lines: readonly string[]): Generator<string | undefined> {
  const values = new Set(lines.map((line) => line.trim()))
  yield values.size === 1 ? [...values][0] : undefined
}

const walk = (entries: Iterable<string | undefined>, read: (text: string) => Hop): string | undefined => {
  let furthest: string | undefined
  let hops = 0
  for (const entry of entries) {
    const hop = entry === undefined || ++hops > MOST_HOPS ? undefined : read(entry)
    if (!hop?.ip) return undefined
    if (!hop.trusted) return hop.ip
    furthest = hop.ip
  }
  return furthest
}

export const createTrueClient = (options: { trustedProxies: readonly Cidr[]; clientHeader: ClientHeader }) => {
  const read = createHopReader(options.trustedProxies)
  const chain = (headers: HeaderList): Iterable<string | undefined> | undefined => {
    const pick = options.clientHeader
    if (pick === 'auto' || pick === 'x-forwarded-for') {
      const lines = linesOf(headers, 'x-forwarded-for')
      if (lines.length > 0) return listFromRight(lines)
    }
    if (pick === 'auto' || pick === 'forwarded') {
      const lines = linesOf(headers, 'forwarded')
      if (lines.length > 0) return forwardedFromRight(lines)
    }
    if (pick === 'auto' || pick === 'x-real-ip') {
      const lines = linesOf(headers, 'x-real-ip')
      if (lines.length > 0) return single(lines)
    }
    return undefined
  }
  /** `present` counts the lines for which `isClientHeader` holds; the headers are searched only when there are any. */
  return (peer: string, headers: HeaderList, present: number): TrueClient => {
    const hop = read(peer)
    const peerIp = hop.ip || peer
    if (!hop.trusted) return { ip: peerIp, peerIp, by: 'peer', untrustedHeaders: present }
    const entries = present > 0 ? chain(headers) : undefined
    if (!entries) return { ip: peerIp, peerIp, by: 'peer', untrustedHeaders: 0 }
    const ip = walk(entries, read)
    return ip === undefined
      ? { ip: peerIp, peerIp, by: 'unreadable', untrustedHeaders: 0 }
      : { ip, peerIp, by: 'header', untrustedHeaders: 0 }
  }
}
