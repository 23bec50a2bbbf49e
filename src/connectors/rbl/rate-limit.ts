/**
 * Response rate limiting: so many answers a second to one network. Of those beyond, every second one is a truncated
 * answer (a real resolver then asks by TCP, which nobody can do under a forged address), the rest is silence.
 */
import { parseAddress, parseCidr } from '../../core/ip.ts'

export type Ruling = 'answer' | 'truncate' | 'drop'

interface Bucket {
  tokens: number
  at: number
  beyond: number
}

/** Networks remembered at a time. */
const MOST = 65_536

export const createRateLimit = (perSecond: number): ((address: string, millis: number) => Ruling) => {
  if (perSecond === 0) return () => 'answer'
  const buckets = new Map<string, Bucket>()
  return (address, millis) => {
    if (address.startsWith('127.') || address === '::1') return 'answer'
    const network = address.includes(':')
      ? (parseCidr(`${address}/64`)?.text ?? address)
      : address.slice(0, address.lastIndexOf('.'))
    let bucket = buckets.get(network)
    if (!bucket) {
      if (parseAddress(address) === undefined) return 'drop'
      // The oldest goes: a flood from many networks must not fill the memory.
      if (buckets.size >= MOST) buckets.delete(buckets.keys().next().value!)
      bucket = { tokens: perSecond, at: millis, beyond: 0 }
      buckets.set(network, bucket)
    }
    bucket.tokens = Math.min(perSecond, bucket.tokens + (Math.max(0, millis - bucket.at) / 1000) * perSecond)
    bucket.at = millis
    if (bucket.tokens >= 1) {
      bucket.tokens--
      return 'answer'
    }
    return ++bucket.beyond % 2 === 0 ? 'truncate' : 'drop'
  }
}
