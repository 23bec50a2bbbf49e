/**
 * Addresses: one canonical text each, so that two spellings are never two clients.
 * IPv4-mapped IPv6 (`::ffff:192.0.2.7`) is folded to IPv4; IPv6 is RFC 5952 text. Zone ids are dropped.
 */
import ipaddr from 'ipaddr.js'

export type Address = ipaddr.IPv4 | ipaddr.IPv6

const STRICT_V4 = /^(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(?:\.(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}$/

/** The address, or undefined: no octal, no short forms, no port, no brackets. */
export const parseAddress = (text: string): Address | undefined => {
  if (STRICT_V4.test(text)) return new ipaddr.IPv4(text.split('.').map(Number))
  if (text.length > 64 || !text.includes(':')) return undefined
  const bare = text.includes('%') ? text.slice(0, text.indexOf('%')) : text
  if (!ipaddr.IPv6.isValid(bare)) return undefined
  const v6 = ipaddr.IPv6.parse(bare)
  return v6.isIPv4MappedAddress() ? v6.toIPv4Address() : v6
}

/** Canonical text, or undefined when `text` is no address. Dotted IPv4, the common case, costs one regex. */
export const canonicalIp = (text: string): string | undefined =>
  STRICT_V4.test(text) ? text : formatAddress(parseAddress(text))

const formatAddress = (a: Address | undefined): string | undefined =>
  a === undefined ? undefined : a.kind() === 'ipv4' ? a.toString() : (a as ipaddr.IPv6).toRFC5952String()

/** A network in canonical text with its host bits cleared; a plain address is a /32 or /128. */
export interface Cidr {
  readonly text: string
  readonly address: Address
  readonly bits: number
}

export const parseCidr = (text: string): Cidr | undefined => {
  const slash = text.lastIndexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (!address) return undefined
  const width = address.kind() === 'ipv4' ? 32 : 128
  const bits = slash < 0 ? width : /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : -1
  if (bits < 0 || bits > width) return undefined
  const bytes = address
    .toByteArray()
    .map((byte, i) => byte & (0xff << Math.max(0, Math.min(8, 8 - (bits - i * 8)))) & 0xff)
  const base = ipaddr.fromByteArray(bytes)
  return { text: bits === width ? formatAddress(base)! : `${formatAddress(base)}/${bits}`, address: base, bits }
}

export const inCidr = (address: Address, cidr: Cidr): boolean =>
  address.kind() === cidr.address.kind() && address.match(cidr.address as never, cidr.bits)

/** Whom a client is counted and blocked as: itself, or for IPv6 its /64 (one household, one host). */
export const subjectOf = (ip: string): { scope: 'Ip' | 'Range'; value: string } =>
  ip.includes(':') ? { scope: 'Range', value: parseCidr(`${ip}/64`)?.text ?? ip } : { scope: 'Ip', value: ip }
