/** A set of networks that answers "does anything in it touch this network?", in either direction of containment. */
import { type Cidr, inCidr } from './ip.ts'

export interface CidrSet {
  readonly size: number
  /** The member that shares at least one address with `cidr`, or undefined. */
  touching(cidr: Cidr): Cidr | undefined
}

export const overlaps = (a: Cidr, b: Cidr): boolean => (a.bits <= b.bits ? inCidr(b.address, a) : inCidr(a.address, b))

/** The first `bits` bits of an address, as a key. IPv4 and IPv6 never share one: their lengths are kept apart. */
const prefix = (bytes: readonly number[], bits: number): string => {
  const whole = bits >> 3
  const rest = bits & 7
  let key = ''
  for (let i = 0; i < whole; i++) key += String.fromCharCode(bytes[i]!)
  return rest === 0 ? key : key + String.fromCharCode(bytes[whole]! >> (8 - rest))
}

/** Looks up by prefix length, so that ten thousand members cost as much as their distinct lengths. */
export const createCidrSet = (members: Iterable<Cidr>): CidrSet => {
  const all = new Map<string, Cidr>()
  const byLength = new Map<'ipv4' | 'ipv6', Map<number, Map<string, Cidr>>>([
    ['ipv4', new Map()],
    ['ipv6', new Map()],
  ])
  for (const member of members) {
    all.set(member.text, member)
    const lengths = byLength.get(member.address.kind())!
    const same = lengths.get(member.bits) ?? new Map<string, Cidr>()
    lengths.set(member.bits, same.set(prefix(member.address.toByteArray(), member.bits), member))
  }
  return {
    size: all.size,
    touching(cidr) {
      const kind = cidr.address.kind()
      const lengths = byLength.get(kind)!
      if (lengths.size === 0) return undefined
      const bytes = cidr.address.toByteArray()
      for (const [bits, same] of lengths) {
        const cover = bits <= cidr.bits ? same.get(prefix(bytes, bits)) : undefined
        if (cover) return cover
      }
      if (cidr.bits === (kind === 'ipv4' ? 32 : 128)) return undefined
      for (const member of all.values()) if (member.bits > cidr.bits && overlaps(member, cidr)) return member
      return undefined
    },
  }
}
