/** What kind of evidence one rule match is, by its class and family; single rule ids appear only where a family mixes two kinds. */
import type { RuleMatch } from '../../core/event.ts'

/**
 * attack   a payload rule; counts by how sharp the value is
 * policy   an attempt on a file that nobody should ask for; counts by the number of different paths
 * tool     the signature of an attack tool
 * trap     a honeypot or honeytoken: no innocent gets there
 * oddity   an unusual but harmless protocol detail; only its variety says something
 * response the site's own answer tripped the rule; the client did not choose it
 * noise    a rule beyond paranoia level 1: made to be tuned, and untuned it fires on ordinary input
 */
type Kind = 'attack' | 'policy' | 'tool' | 'trap' | 'oddity' | 'response' | 'noise'

const FAMILIES = [
  'sqli',
  'xss',
  'lfi',
  'rfi',
  'rce',
  'php',
  'java',
  'ssrf',
  'xxe',
  'ssti',
  'session-fixation',
  'protocol',
] as const
const BIT = new Map<string, number>(FAMILIES.map((name, i) => [name, 1 << i]))

/** The bit of an attack family in a probe's mask; 0 when it is no attack family. */
export const familyBit = (attackClass: string): number => BIT.get(attackClass) ?? 0

export const familyNames = (mask: number): string[] => FAMILIES.filter((_, i) => (mask & (1 << i)) !== 0)

/** CRS: 920440 restricted extensions, 920500 backup files, 930130 restricted files. */
const POLICY_RULES = new Set([920440, 920500, 930130])

/** Of a match that accuses: neither the evaluation of the score nor a rule of ours. */
export const kindOf = (match: RuleMatch): Kind => {
  if (match.attackClass === 'honeypot') return 'trap'
  if ((match.paranoiaLevel ?? 1) > 1) return 'noise'
  if (POLICY_RULES.has(match.ruleId)) return 'policy'
  if (match.attackClass === 'scanner') return 'tool'
  if (match.attackClass === 'data-leak' || match.variable?.startsWith('RESPONSE_') === true) return 'response'
  if (match.attackClass === 'protocol') {
    // CRS 921 is request smuggling and header injection: an attack on the protocol, unlike 920, its hygiene.
    return Math.floor(match.ruleId / 1000) === 921 ? 'attack' : 'oddity'
  }
  return familyBit(match.attackClass) !== 0 ? 'attack' : 'oddity'
}
