/**
 * The few matches that need no company: payloads which have no harmless use where they were found.
 * A rule must have matched; we only look at what it caught and where.
 */
import type { RuleMatch } from '../../core/event.ts'
import { isLog4Shell, isShellshock } from '../../core/signature.ts'
import { isDocument } from './shape.ts'

const SHELLSHOCK_RULES = new Set([932170, 932171])

export interface Proof {
  readonly code: 'proof.log4shell' | 'proof.shellshock' | 'proof.trap'
  readonly text: string
}

/** Set by whoever saw the value before redaction blanked it, such as `signature/log4shell`. */
const signed = (match: RuleMatch, name: 'signature/log4shell' | 'signature/shellshock'): boolean =>
  match.tags.includes(name)

/** A payload inside a long text proves nothing: somebody may be writing about it. */
export const proofOf = (match: RuleMatch, value: string): Proof | undefined => {
  if (match.attackClass === 'honeypot')
    return { code: 'proof.trap', text: `rule ${match.ruleId}: a trap that no page links to was touched` }
  if (isDocument(value)) return undefined
  if (signed(match, 'signature/log4shell') || (value.includes('${') && isLog4Shell(value)))
    return { code: 'proof.log4shell', text: `rule ${match.ruleId}: a Log4j look-up in ${place(match)}` }
  if (signed(match, 'signature/shellshock') || (SHELLSHOCK_RULES.has(match.ruleId) && isShellshock(value)))
    return { code: 'proof.shellshock', text: `rule ${match.ruleId}: a Bash function definition in ${place(match)}` }
  return undefined
}

const place = (match: RuleMatch): string => match.variable?.slice(0, 40).replace(/[^\w:.-]/g, '?') ?? 'the request'
