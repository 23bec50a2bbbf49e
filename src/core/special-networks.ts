/**
 * Networks in which no attacker is to be looked for: what IANA has set aside for machines, homes and carriers. A block
 * there cuts off the operator, or everybody behind one translator.
 * The documentation networks (RFC 5737, RFC 3849) are deliberately not special: examples and tests live there.
 */
import { createCidrSet } from './cidr-set.ts'
import { type Cidr, parseCidr } from './ip.ts'
import type { NetworkKey } from './network-key.ts'

const SPECIAL: readonly (readonly [network: string, what: string])[] = [
  ['0.0.0.0/8', 'this network (RFC 791)'],
  ['10.0.0.0/8', 'private (RFC 1918)'],
  ['100.64.0.0/10', 'carrier-grade NAT (RFC 6598)'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local (RFC 3927)'],
  ['172.16.0.0/12', 'private (RFC 1918)'],
  ['192.0.0.0/24', 'protocol assignments (RFC 6890)'],
  ['192.168.0.0/16', 'private (RFC 1918)'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved and broadcast'],
  // Loopback, unspecified, and 64:ff9b::/96: through NAT64 one /64 is the whole IPv4 Internet.
  ['::/8', 'reserved: loopback, unspecified, NAT64 (RFC 6052)'],
  ['100::/64', 'discard (RFC 6666)'],
  // Teredo puts the server into the first 64 bits: one /64 is everybody who uses that server.
  ['2001::/32', 'Teredo (RFC 4380)'],
  ['fc00::/7', 'unique local (RFC 4193)'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
]

const names = new Map(SPECIAL.map(([text, what]) => [parseCidr(text)!.text, what]))
const networks = createCidrSet([...names.keys()].map((text) => parseCidr(text)!))

/** The special network that shares an address with `cidr`, and what it is for; undefined for ordinary addresses. */
export const specialNetwork = (cidr: Cidr): { readonly network: string; readonly what: string } | undefined => {
  const hit = networks.touching(cidr)
  return hit && { network: hit.text, what: names.get(hit.text)! }
}

/** Whether there is one, for whoever asks a million times. */
export const touchesSpecialNetwork = (key: NetworkKey): boolean => networks.touchingKey(key) !== undefined
