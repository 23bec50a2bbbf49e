/** ModSecurity 3, `SecAuditLogFormat Native`. Its part H carries the "Access denied" line that its JSON lacks. */
import type { RawMatch } from '../core/event.ts'
import type { Format } from '../kit/parse.ts'
import { clfTime } from './log-time.ts'
import { type Dialect, readNative, type Trailer } from './native.ts'
import { nativeFramer } from './native-framer.ts'
import { readRuleText, ruleMatch, saysDenied } from './rule-text.ts'

const LABEL = 'ModSecurity: '

const trailer = (lines: readonly string[]): Trailer => {
  const matches: RawMatch[] = []
  let intercepted = false
  for (const line of lines) {
    if (!line.startsWith(LABEL)) continue
    const rule = readRuleText(line.slice(LABEL.length).trimEnd(), 'right')
    const match = ruleMatch(rule)
    if (match) matches.push(match)
    intercepted ||= saysDenied(rule.lead)
  }
  // Silence is no denial: a rule with `nolog` may still have blocked.
  return intercepted ? { matches, intercepted } : { matches }
}

const dialect: Dialect = { engine: 'modsecurity3', time: clfTime, trailer }

export const modsec3Native: Format = {
  id: 'modsec3-native',
  summary: 'ModSecurity 3 audit log, native, serial or one entry of a concurrent log',
  frame: (options) => nativeFramer(options),
  parse: (record, context) => readNative(record, context, dialect),
}
