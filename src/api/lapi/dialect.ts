/**
 * How the known bouncers differ, by what they call themselves. Measured on the firewall bouncer 0.0.25 and read from the
 * sources of the others; who is not known gets what the protocol's own server would send.
 */
export interface Dialect {
  readonly name: string
  /** Takes `192.0.2.0/24` for what it is. Those who do not would block one address of it, or none. */
  readonly ranges: boolean
  /**
   * A subject that it may know already is sent as `deleted` and `new` of one answer. The firewall bouncer skips what is
   * in its set, so a longer ban would be lost; it carries out `deleted` first. Traefik's plugin does `new` first and
   * would lose the ban, so it must never see a value in both.
   */
  readonly renewsByDeleting: boolean
  /** Is given many entries in portions (pace.ts), others get all at once. */
  readonly inPortions: boolean
}

const ANY: Dialect = { name: 'other', ranges: true, renewsByDeleting: false, inPortions: false }

const KNOWN: readonly (readonly [RegExp, Dialect])[] = [
  [/firewall-bouncer/i, { name: 'firewall', ranges: false, renewsByDeleting: true, inPortions: true }],
  [/traefik/i, { ...ANY, name: 'traefik', ranges: false }],
  [/(?:openresty|nginx|lua|haproxy|ingress)/i, { ...ANY, name: 'lua' }],
]

export const dialectOf = (userAgent: string): Dialect =>
  KNOWN.find(([pattern]) => pattern.test(userAgent.slice(0, 100)))?.[1] ?? ANY
