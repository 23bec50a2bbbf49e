/** What ModSecurity 2 says about a transaction's rules, the same words in its native part H and in its JSON. */
import type { EngineMode, RawMatch } from '../core/event.ts'
import { readRuleText, ruleMatch, saysDenied } from './rule-text.ts'

const MODES: ReadonlyMap<string, EngineMode> = new Map([
  ['ENABLED', 'on'],
  ['DETECTION_ONLY', 'detection'],
  ['DISABLED', 'off'],
  // Coraza's names, in its `jsonlegacy`.
  ['ON', 'on'],
  ['DETECTIONONLY', 'detection'],
  ['OFF', 'off'],
])

export const readEngineMode = (text: string): EngineMode | undefined =>
  text.length < 24 ? MODES.get(text.replaceAll('"', '').trim().toUpperCase()) : undefined

export interface Messages {
  readonly matches: readonly RawMatch[]
  readonly denied: boolean
}

export const readMessages = (messages: readonly string[]): Messages => {
  const matches: RawMatch[] = []
  let denied = false
  for (const message of messages) {
    const rule = readRuleText(message, 'left')
    const match = ruleMatch(rule)
    if (match) matches.push(match)
    denied ||= saysDenied(rule.lead)
  }
  return { matches, denied }
}
