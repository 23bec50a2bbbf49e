/** What a scenario counts as distinct, as 32-bit hashes: a bucket keeps numbers, not the attacker's text. */
import type { Event } from '../core/event.ts'
import type { Evidence } from './own-rules.ts'
import type { Distinct } from './scenario-schema.ts'

/** FNV-1a. Collisions only undercount, which an attacker can have more cheaply by sending less. */
const hash32 = (text: string, seed = 0x811c9dc5): number => {
  let h = seed
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

const NONE: readonly number[] = []

/** Many rules of one family match the same request: each family once. */
const families = ({ matches }: Evidence): readonly number[] => {
  const found: number[] = []
  for (const match of matches) {
    const family = Math.floor(match.ruleId / 1000)
    if (!found.includes(family)) found.push(family)
  }
  return found
}

export const marksOf = (of: Distinct | undefined, event: Event, here: Evidence): readonly number[] => {
  switch (of) {
    case undefined:
      return NONE
    case 'path':
      return [hash32(event.request.path)]
    case 'target':
      return [hash32(event.request.path, hash32(event.request.method, hash32(event.request.host)))]
    case 'user-agent':
      return [hash32(event.request.userAgent)]
    case 'client':
      return [hash32(event.clientIp)]
    case 'rule-family':
      return families(here)
    case 'parameter':
      return here.matches.flatMap((m) => (m.variable === undefined ? [] : [hash32(m.variable)]))
  }
}
