/**
 * Two numbers that are never mixed: `threatScore`, our sum over the severities of the rules that matched, and
 * `anomalyScore`, what the Core Rule Set itself reported.
 */
import type { Engine, RawMatch, Severity } from '../core/event.ts'
import type { RuleKind } from './attack-class.ts'

export const SEVERITY_NAMES = ['EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const
export type SeverityName = (typeof SEVERITY_NAMES)[number]

export const DEFAULT_WEIGHTS: Readonly<Record<SeverityName, number>> = {
  EMERGENCY: 5,
  ALERT: 4,
  CRITICAL: 4,
  ERROR: 3,
  WARNING: 2,
  NOTICE: 1,
  INFO: 0,
  DEBUG: 0,
}

const SAYS_EMERGENCY = /\bemergency\b/i

/**
 * The severity that the rule states, or undefined when it states none.
 *
 * ModSecurity 3 logs `0` both for EMERGENCY and for a rule without a severity, in JSON and in native format alike, so
 * the number alone proves nothing: CRS 4's own evaluation rules carry it, and so does a rule that merely notes every
 * successful request. There 0 counts only when the rule says EMERGENCY in its message or a tag. ModSecurity 2 and
 * Coraza leave the severity out when there is none: their 0 is meant.
 */
export const statedSeverity = (
  match: RawMatch,
  kind: Pick<RuleKind, 'evaluation'>,
  engine: Engine,
): SeverityName | undefined => {
  const { severity } = match
  if (severity === undefined) return undefined
  if (severity !== 0 || engine !== 'modsecurity3') return SEVERITY_NAMES[severity]
  if (kind.evaluation) return undefined
  return SAYS_EMERGENCY.test(match.message.slice(0, 512)) ||
    match.tags.some((tag) => SAYS_EMERGENCY.test(tag.slice(0, 128)))
    ? 'EMERGENCY'
    : undefined
}

export const severityOf = (threatScore: number): Severity =>
  threatScore >= 10
    ? 'critical'
    : threatScore >= 5
      ? 'high'
      : threatScore >= 3
        ? 'medium'
        : threatScore > 0
          ? 'low'
          : 'info'

/** CRS 3 and 4: `(Total Score: 15)`, `Total Inbound Score: 15 - …`, `(Inbound Scores: blocking=15, …)`, `(score 15)`. */
const IN_MESSAGE = /(?:Total (?:Inbound |Outbound )?Score: |Scores?: blocking=|\(score )(\d{1,6})\b/
/** ModSecurity 3 quotes the compared value; version 2 only the threshold, which is not the score. */
const IN_MATCH = /against variable `TX:[A-Z_]*SCORE[A-Z_]*' \(Value: `(\d{1,6})' \)/i

/** The score that an evaluation rule reports, or undefined. Only such rules are asked: in the text of others an attacker may write. */
export const reportedScore = (match: RawMatch): number | undefined => {
  const digits =
    IN_MESSAGE.exec(match.message.slice(0, 512))?.[1] ?? IN_MATCH.exec((match.match ?? '').slice(0, 512))?.[1]
  return digits === undefined ? undefined : Number(digits)
}
