/** One hop of a proxy chain as proxies write it: an address, with or without port, IPv6 with or without brackets. */
import { type Cidr, canonicalIp, inCidr, parseAddress } from '../core/ip.ts'
import { memo } from './memo.ts'

export interface Hop {
  /** Canonical text; empty when what was written is no address. */
  readonly ip: string
  readonly trusted: boolean
}

const NO_HOP: Hop = { ip: '', trusted: false }
/** `[` + 45 characters of IPv6 with a zone + `]:65535`, with room to spare. */
const LONGEST_HOP = 80
const PORT = /^:\d{1,5}$/
const V4_PORT = /^(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}):\d{1,5}$/

/** The canonical address of a written hop, or undefined: `unknown`, obfuscated names, empty entries and rubbish are none. */
export const hopAddress = (text: string): string | undefined => {
  if (text.length > LONGEST_HOP) return undefined
  if (text.startsWith('[')) {
    const close = text.indexOf(']')
    const rest = text.slice(close + 1)
    const inside = text.slice(1, close)
    return close > 0 && inside.includes(':') && (rest === '' || PORT.test(rest)) ? canonicalIp(inside) : undefined
  }
  return canonicalIp(V4_PORT.exec(text)?.[1] ?? text)
}

/** Reads hops and knows which are ours. Remembered: a site sees the same few thousand clients again and again. */
export const createHopReader = (trusted: readonly Cidr[]): ((text: string) => Hop) =>
  memo(8192, LONGEST_HOP, (text) => {
    const ip = hopAddress(text)
    if (ip === undefined) return NO_HOP
    const address = parseAddress(ip)
    return { ip, trusted: address !== undefined && trusted.some((cidr) => inCidr(address, cidr)) }
  })
