/** What Coraza's formats share: its rule data, its error-log words, its nanosecond clock. */
import type { RawMatch } from '../core/event.ts'
import type { ParseContext } from '../kit/parse.ts'
import { slashTime } from './log-time.ts'
import { asCount, asString, asStrings, type Json } from './record-shape.ts'
import { readRuleText, ruleMatch, saysDenied } from './rule-text.ts'
import { readSeverity } from './severity.ts'

/** A rule as Coraza describes it when part K is logged. */
export const corazaRule = (data: Json, message: string): RawMatch => {
  const match = {
    ruleId: asCount(data['id']),
    message: message || asString(data['msg']),
    data: asString(data['data']),
    tags: asStrings(data['tags']),
    file: asString(data['file']),
    line: asCount(data['line']),
  }
  // -1 says that the rule has none.
  const severity = readSeverity(data['severity'])
  return severity === undefined ? match : { ...match, severity }
}

const LABEL = 'Coraza: '

/** `[client "192.0.2.7"] Coraza: Warning. ... [file "..."] ...`: all there is of a rule when only part H is logged. */
export const corazaWords = (text: string): { readonly match: RawMatch | undefined; readonly denied: boolean } => {
  const label = text.indexOf(LABEL)
  if (label < 0 || label > 80) return { match: undefined, denied: false }
  const rule = readRuleText(text.slice(label + LABEL.length).trimEnd(), 'left')
  return { match: ruleMatch(rule), denied: saysDenied(rule.lead) }
}

/** Milliseconds out of an epoch in seconds, milli-, micro- or nanoseconds, told apart by its number of digits. */
export const epochDigits = (digits: string): number => {
  if (!/^[1-9]\d{8,18}$/.test(digits)) return Number.NaN
  if (digits.length > 16) return Number(digits.slice(0, -6))
  if (digits.length > 13) return Number(digits.slice(0, -3))
  return digits.length > 11 ? Number(digits) : Number(digits) * 1000
}

/** The digits after `"key":` in the raw text: nanoseconds exceed what a JavaScript number holds. */
export const rawDigits = (text: string, key: string): string => {
  const at = text.indexOf(`"${key}":`)
  if (at < 0) return ''
  return /^\s{0,8}(\d{1,20})/.exec(text.slice(at + key.length + 3, at + key.length + 32))?.[1] ?? ''
}

/** Coraza's local time, `2026/11/22 04:31:37`, where the exact clock is missing. */
export const corazaTime = (text: string, zoneMinutes: ParseContext['zoneMinutes']): number => {
  const local = slashTime(text)
  return local - zoneMinutes(local) * 60_000
}
