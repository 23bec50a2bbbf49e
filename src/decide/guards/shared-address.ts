/**
 * Third guard: one address, many people. An office, a school, a carrier: a ban for one of them hits all.
 * A shared address is told by several user agents or sessions *together with* mostly clean traffic: a scanner that
 * draws a random user agent per request has many agents too, but next to nothing that is clean.
 * The verdict is weakened to what a person can get through (throttle), never dropped unseen. Behind the address of a
 * delivery network stand all of its customers: there even a throttle would hit the site, so it is only watched.
 */
import type { Conduct } from '../../core/alert.ts'
import { createCidrSet } from '../../core/cidr-set.ts'
import { REMEDIATIONS } from '../../core/decision.ts'
import type { Cidr } from '../../core/ip.ts'
import { because, type Guard } from '../candidate.ts'

export interface SharedOptions {
  /** From so many user agents or sessions on an address may be shared. */
  readonly people: number
  /** Clean requests that it takes to believe that there are people at all. */
  readonly cleanRequests: number
  /** Least share of clean requests among all. */
  readonly cleanShare: number
  /** Networks of content delivery networks whose edges are not among the trusted proxies. */
  readonly deliveryNetworks: readonly Cidr[]
}

export const DEFAULT_SHARED: SharedOptions = { people: 3, cleanRequests: 8, cleanShare: 0.5, deliveryNetworks: [] }

const looksShared = (conduct: Conduct, options: SharedOptions): boolean =>
  Math.max(conduct.userAgents, conduct.sessions) >= options.people &&
  conduct.clean >= options.cleanRequests &&
  conduct.clean >= options.cleanShare * conduct.requests

const rank = (type: string): number => REMEDIATIONS.indexOf(type as never)

export const sharedAddress = (options: SharedOptions): Guard => {
  const delivery = createCidrSet(options.deliveryNetworks)
  return {
    name: 'shared-address',
    passes: 'nothing says that several people share it',
    rule({ alert, cidr, type, subject }) {
      if (!alert || type === 'watch') return undefined
      const edge = delivery.touching(cidr)
      if (edge)
        return {
          kind: 'weaken',
          to: 'watch',
          reason: because('guard.delivery_network', `${subject.value} is an edge of a delivery network (${edge.text})`),
        }
      if (!alert.conduct || rank(type) <= rank('throttle') || !looksShared(alert.conduct, options)) return undefined
      const { userAgents, sessions, clean, requests } = alert.conduct
      return {
        kind: 'weaken',
        to: 'throttle',
        reason: because(
          'guard.shared_address',
          `${subject.value} looks shared: ${userAgents} user agents, ${sessions} sessions, ${clean} of ${requests} requests clean; throttle instead of ${type}`,
        ),
      }
    },
  }
}
