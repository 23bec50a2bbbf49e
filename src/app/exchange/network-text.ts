/** Networks as others write them, and as an export writes them so that they come back the same. */
import { type Cidr, parseCidr, subjectOf } from '../../core/ip.ts'

const width = (cidr: Cidr): number => (cidr.address.kind() === 'ipv4' ? 32 : 128)

/** Canonical text that a reader of ours never widens: a bare IPv6 address would come back as its /64. */
export const exactText = (cidr: Cidr): string =>
  cidr.bits === 128 && width(cidr) === 128 ? `${cidr.text}/128` : cidr.text

/** The network that is written there, exactly; undefined when it is none. */
export const readNetwork = (text: string): Cidr | undefined => {
  const cidr = parseCidr(text)
  // `::ffff:192.0.2.7/24` counts from the other end: /24 of what is no IPv4 network. Rather none than a wrong one.
  if (cidr && text.includes('/') && text.includes(':') && width(cidr) === 32) return undefined
  return cidr
}

/** Whom a decision on this text is about: an IPv6 address without a length stands for its /64, as everywhere. */
export const readTarget = (text: string): Cidr | undefined => {
  const cidr = readNetwork(text)
  return cidr && !text.includes('/') ? parseCidr(subjectOf(cidr.text).value) : cidr
}
