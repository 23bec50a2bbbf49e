/**
 * Networks as Apache can look them up: mod_rewrite knows no prefixes, but its rules can cut an address at its dots, and
 * an IPv6 address into its leading groups. So a network becomes the keys of the next level that it consists of: a /22 is
 * four keys such as `203.0.113`, a /63 is two such as `2001:db8:1:2`.
 */
import { type Cidr, parseCidr } from '../../core/ip.ts'

const V4_LEVELS = [8, 16, 24, 32]
const V6_LEVELS = [32, 48, 64, 128]
/** Keys that one network may become; within IPv4 128 are enough for every prefix length from 1 on. */
const MOST = 256

/** Undefined when the network would be too many keys. */
export const keysOf = (cidr: Cidr): readonly string[] | undefined => {
  const bytes = cidr.address.toByteArray()
  const isV4 = bytes.length === 4
  if (cidr.bits === bytes.length * 8) return [cidr.text]
  const level = (isV4 ? V4_LEVELS : V6_LEVELS).find((bits) => bits >= cidr.bits)!
  const count = 2 ** (level - cidr.bits)
  if (count > MOST) return undefined
  const keys: string[] = []
  for (let n = 0; n < count; n++) {
    const part = bytes.slice(0, level / 8)
    // At most eight bits vary, and they end where the level ends: in its last byte.
    part[part.length - 1]! |= n
    keys.push(isV4 ? part.join('.') : groupsOf(part))
  }
  return keys
}

const groupsOf = (bytes: readonly number[]): string =>
  Array.from({ length: bytes.length / 2 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16)).join(':')

/** The network that a key alone stands for, canonical; undefined for what is no key. */
export const networkOf = (key: string): string | undefined => {
  const whole = parseCidr(key)
  if (whole) return whole.text === key && !key.includes('/') ? key : undefined
  if (/^\d{1,3}(\.\d{1,3}){0,2}$/.test(key)) {
    const parts = key.split('.')
    return parseCidr(`${[...parts, '0', '0', '0'].slice(0, 4).join('.')}/${parts.length * 8}`)?.text
  }
  if (/^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){1,3}$/.test(key)) return parseCidr(`${key}::/${key.split(':').length * 16}`)?.text
  return undefined
}
