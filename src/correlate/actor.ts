/**
 * Whom an event is counted against. Every key stays within one client or one network, so that lifting a decision on
 * an address can forget all of its buckets.
 */
import type { Event } from '../core/event.ts'
import { parseCidr, subjectOf } from '../core/ip.ts'
import type { Subject } from '../core/subject.ts'
import type { Key } from './scenario-schema.ts'

/** Addresses remembered: reading an IPv6 address costs more than everything else a clean event costs here. */
const CACHE = 4096

export interface Actors {
  /** The client: itself, or for IPv6 its /64. */
  client(ip: string): Subject
  /** The neighbourhood: /24, or for IPv6 /48. */
  network(ip: string): Subject
}

const remembered = (find: (ip: string) => Subject): ((ip: string) => Subject) => {
  const known = new Map<string, Subject>()
  return (ip) => {
    let subject = known.get(ip)
    if (subject) return subject
    subject = find(ip)
    if (known.size >= CACHE) known.clear()
    known.set(ip, subject)
    return subject
  }
}

export const createActors = (): Actors => ({
  client: remembered(subjectOf),
  network: remembered((ip) => {
    const cidr = parseCidr(`${ip}/${ip.includes(':') ? 48 : 24}`)
    return cidr ? { scope: 'Range', value: cidr.text } : { scope: 'Ip', value: ip }
  }),
})

/** Parts of a key after the subject, so that `forget` finds a subject's buckets by prefix. */
const SEPARATOR = '\u0000'

export const bucketKey = (key: Key, subject: Subject, event: Event): string => {
  switch (key) {
    case 'client':
    case 'network':
      return subject.value
    case 'host':
      return subject.value + SEPARATOR + event.request.host.slice(0, 255)
    case 'session':
      return subject.value + SEPARATOR + (event.session ?? '')
    case 'user-agent':
      return subject.value + SEPARATOR + event.request.userAgent.slice(0, 255)
  }
}

export const isKeyOf = (key: string, subject: Subject): boolean =>
  key.startsWith(subject.value) && (key.length === subject.value.length || key[subject.value.length] === SEPARATOR)
