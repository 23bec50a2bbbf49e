/**
 * Last look before anything leaves the house: whom no point may restrain, whatever a decision says. The guards of
 * `decide` have ruled already; this stands behind them, so that no defect there reaches a WAF.
 */
import { createCidrSet } from '../core/cidr-set.ts'
import type { Cidr } from '../core/ip.ts'
import type { NetworkKey } from '../core/network-key.ts'
import { specialNetwork, touchesSpecialNetwork } from '../core/special-networks.ts'

export interface Gate {
  /** Allowlisted networks, our own addresses, the trusted proxies: what points are told to let pass. */
  readonly allow: readonly Cidr[]
  /** Why the subject may not be restrained; undefined when it may. */
  refuses(cidr: Cidr): string | undefined
  /** Whether there is a reason, for whoever asks a million times. */
  spares(key: NetworkKey): boolean
}

export const createGate = (allow: readonly Cidr[]): Gate => {
  const spared = createCidrSet(allow)
  return {
    allow,
    refuses(cidr) {
      const hit = spared.touching(cidr)
      if (hit) return `${hit.text} is never restrained`
      const special = specialNetwork(cidr)
      return special && `${special.network} is ${special.what}`
    },
    spares: (key) => spared.touchingKey(key) !== undefined || touchesSpecialNetwork(key),
  }
}
