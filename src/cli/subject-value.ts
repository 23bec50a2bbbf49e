import { type Cidr, subjectOf } from '../core/ip.ts'

/** Under what value alerts and decisions about this address or network are filed: a single IPv6 address by its /64. */
export const subjectValue = (cidr: Cidr): string => {
  const single = !cidr.text.includes('/')
  return single ? subjectOf(cidr.text).value : cidr.text
}
