/** Whom an alert or a decision is about. IPv6 clients are subjects as their /64: `Range 2001:db8:1:2::/64`. */
export interface Subject {
  readonly scope: 'Ip' | 'Range'
  readonly value: string
}
