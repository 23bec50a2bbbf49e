/**
 * What the WAF did with the request, and how sure that is. Only ModSecurity 2, native logs and Coraza say so; version 3
 * JSON has no such field, and its `http_code` can lie both ways: a redirecting rule is logged as 200, and a 403 may be
 * the application's own answer.
 */
import type { Disposition, Transaction } from '../core/event.ts'
import { isCoreRule, isDecidingFamily } from './crs-families.ts'

export interface Ruling {
  readonly disposition: Disposition
  /** 0 to 1. */
  readonly confidence: number
  readonly because: string
}

/** What rules answer with when they deny or redirect, beyond the usual 403. */
const DENIALS: ReadonlySet<number> = new Set([
  301, 302, 303, 307, 308, 400, 404, 405, 406, 409, 410, 413, 418, 429, 444, 500, 501, 503,
])
/** Answers of the WAF or the server before any rule: a body over the limit, a request that cannot be read. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 413, 414, 431, 444])

/** The engine begins its sentence so; what follows may quote the attacker. */
const saysDenied = (match: string | undefined): boolean =>
  match !== undefined && (match.startsWith('Access denied') || match.startsWith('ModSecurity: Access denied'))

const ruling = (disposition: Disposition, confidence: number, because: string): Ruling => ({
  disposition,
  confidence,
  because,
})

const NOTHING = ruling('allowed', 0.95, 'no rule matched')
const NO_WORD = ruling('allowed', 0.5, 'this log does not say what the WAF did')
const NO_WORD_REFUSED = ruling('allowed', 0.3, 'this log does not say who refused the request')
const REFUSED = ruling('allowed', 0.5, 'refused without a rule: by a limit, an unlogged rule or the application')
const ENGINE_SAYS = ruling('blocked', 1, 'the engine says that it intervened')
const ENGINE_DENIES = ruling('blocked', 0.98, 'the engine logged "Access denied"')
const SCORE_403 = ruling('blocked', 0.95, 'the anomaly score was exceeded and the answer is 403')
const SCORE_DENIAL = ruling('blocked', 0.8, 'the anomaly score was exceeded and the answer can be a denial')
const SCORE_ODD = ruling('blocked', 0.6, 'the anomaly score was exceeded; the logged status is not that of a denial')
const SCORE_PASSED = ruling(
  'detected',
  0.6,
  'the anomaly score was exceeded, but the request succeeded and the mode is unknown',
)
const RULE_403 = ruling('blocked', 0.75, 'a rule of its own matched and the answer is 403')
const APPLICATION_403 = ruling(
  'detected',
  0.7,
  'scoring rules matched below the threshold; the 403 is the application’s',
)
const ONLY_DETECTED = ruling('detected', 0.9, 'rules matched, none of them denied')
const VETO_DETECTED = ruling('detected', 1, 'the engine only detects')
const VETO_ALLOWED = ruling('allowed', 1, 'the engine only detects and no rule matched')
const VETO_DOUBTED = ruling('detected', 0.6, 'the engine only detects, yet says that it intervened')
const NOT_INTERVENED = ruling('detected', 1, 'the engine says that it did not intervene')
const LET_PASS = ruling('allowed', 1, 'the engine says that it did not intervene and no rule matched')

const byStatus = (t: Transaction): Ruling => {
  if (t.matches.some((m) => isDecidingFamily(m.ruleId))) {
    if (t.status === 403) return SCORE_403
    if (DENIALS.has(t.status)) return SCORE_DENIAL
    return t.engineMode === 'on' ? SCORE_ODD : SCORE_PASSED
  }
  if (t.status !== 403) return ONLY_DETECTED
  return t.matches.every((m) => isCoreRule(m.ruleId)) ? APPLICATION_403 : RULE_403
}

export const dispositionOf = (t: Transaction): Ruling => {
  const matched = t.matches.length > 0
  if (t.engineMode === 'detection' || t.engineMode === 'off') {
    if (t.intercepted === true) return VETO_DOUBTED
    return matched ? VETO_DETECTED : VETO_ALLOWED
  }
  if (t.intercepted === true) return ENGINE_SAYS
  if (t.intercepted === false) return matched ? NOT_INTERVENED : LET_PASS
  if (!matched) {
    if (!t.hasMatches) return REFUSALS.has(t.status) ? NO_WORD_REFUSED : NO_WORD
    return REFUSALS.has(t.status) ? REFUSED : NOTHING
  }
  return t.matches.some((m) => saysDenied(m.match)) ? ENGINE_DENIES : byStatus(t)
}
