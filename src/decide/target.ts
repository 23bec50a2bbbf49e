/** Whom a command is about, and how wide a network one command may name. */
import { type Cidr, parseCidr, subjectOf } from '../core/ip.ts'
import type { Subject } from '../core/subject.ts'

/** The widest network that a decision may be on: beyond it a firewall rule, written with care, is the right tool. */
export const WIDEST = { ipv4: 16, ipv6: 32 } as const

/** `192.0.2.7`, `192.0.2.0/24`, or an IPv6 address, which stands for its /64 as everywhere. */
export const readTarget = (text: string): { readonly subject: Subject; readonly cidr: Cidr } | undefined => {
  const trimmed = text.trim()
  const cidr = parseCidr(trimmed)
  if (!cidr) return undefined
  const v4 = cidr.address.kind() === 'ipv4'
  if (!v4 && !trimmed.includes('/')) {
    const subject = subjectOf(cidr.text)
    return { subject, cidr: parseCidr(subject.value)! }
  }
  return { subject: { scope: cidr.bits === (v4 ? 32 : 128) ? 'Ip' : 'Range', value: cidr.text }, cidr }
}
