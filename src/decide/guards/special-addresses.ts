/**
 * Second guard: addresses that are no attacker's. Our own, the proxies that we trust, and the special networks.
 */
import { createCidrSet } from '../../core/cidr-set.ts'
import type { Cidr } from '../../core/ip.ts'
import { specialNetwork, touchesSpecialNetwork } from '../../core/special-networks.ts'
import { because, type PlaceGuard } from '../candidate.ts'

export interface SpecialOptions {
  /** The addresses of this machine and of the protected sites. */
  readonly own: readonly Cidr[]
  readonly trustedProxies: readonly Cidr[]
}

export const specialAddresses = ({ own, trustedProxies }: SpecialOptions): PlaceGuard => {
  const ours = createCidrSet(own)
  const proxies = createCidrSet(trustedProxies)
  const touched = (cidr: Cidr): { readonly network: string; readonly what: string } | undefined => {
    const own = ours.touching(cidr)
    if (own) return { network: own.text, what: 'our own' }
    const proxy = proxies.touching(cidr)
    return proxy ? { network: proxy.text, what: 'a trusted proxy' } : specialNetwork(cidr)
  }
  return {
    name: 'special-address',
    passes: 'an ordinary address',
    mayTouch: (key) =>
      ours.touchingKey(key) !== undefined || proxies.touchingKey(key) !== undefined || touchesSpecialNetwork(key),
    rule(candidate) {
      const hit = touched(candidate.cidr)
      return hit
        ? {
            kind: 'refuse',
            reason: because('guard.special_address', `${candidate.subject.value} touches ${hit.network}: ${hit.what}`),
          }
        : undefined
    },
  }
}
