/** Names of a list as text, relative to its zone: `7.113.0.203`, `*.113.0.203`, or nibbles; and what they stand for. */
import { parseCidr } from '../core/ip.ts'
import type { NetworkKey } from '../core/network-key.ts'
import { writeReverse } from './reverse-name.ts'

const scratch = Buffer.alloc(256)

/** The name of a network that ends at a label. */
export const nameOfKey = (key: NetworkKey): string => {
  const end = writeReverse(scratch, 0, key)
  const labels: string[] = []
  for (let at = 0; at < end; at += scratch[at]! + 1)
    labels.push(scratch.toString('latin1', at + 1, at + 1 + scratch[at]!))
  return labels.join('.')
}

const OCTETS = /^(?:\d{1,3}\.){0,3}\d{1,3}$/
const NIBBLES = /^(?:[0-9a-f]\.){0,31}[0-9a-f]$/

/**
 * The network that a name stands for, in canonical text; undefined for what is no name of a list. Four labels are IPv4
 * and 32 are IPv6; with a wildcard up to three are IPv4 unless they can only be nibbles.
 */
export const networkOfName = (name: string): string | undefined => {
  const isWild = name.startsWith('*.')
  const labels = (isWild ? name.slice(2) : name).split('.')
  const text = labels.join('.')
  const isV4 = OCTETS.test(text) && (isWild ? labels.length < 4 : labels.length === 4)
  if (isV4) {
    const octets = labels.toReversed()
    return parseCidr(`${[...octets, '0', '0', '0'].slice(0, 4).join('.')}/${labels.length * 8}`)?.text
  }
  if (!NIBBLES.test(text) || (isWild ? labels.length > 31 : labels.length !== 32)) return undefined
  const hex = labels.toReversed().join('').padEnd(32, '0')
  return parseCidr(`${hex.match(/.{4}/g)!.join(':')}/${labels.length * 4}`)?.text
}
