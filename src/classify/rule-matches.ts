/** The rules of a record: each once, understood, scored and without secrets. */
import type { AttackClass, RawMatch, RuleMatch, Transaction } from '../core/event.ts'
import { signatureOf } from '../core/signature.ts'
import { byStrength } from './attack-class.ts'
import { LIMITS } from './bounds.ts'
import { matchedVariable } from './matched-variable.ts'
import type { Redactor } from './redact.ts'
import { createRuleTexts } from './rule-data.ts'
import { createRuleMemory } from './rule-memory.ts'
import { reportedScore, type SeverityName, statedSeverity } from './score.ts'

export interface ReadMatches {
  readonly matches: readonly RuleMatch[]
  readonly attackClasses: readonly AttackClass[]
  readonly threatScore: number
  readonly anomalyScore: number | undefined
  /** Paths of what was redacted, e.g. `matches[0].data`. */
  readonly redacted: readonly string[]
}

const NONE: ReadMatches = { matches: [], attackClasses: [], threatScore: 0, anomalyScore: undefined, redacted: [] }

type Draft = { -readonly [Key in keyof RuleMatch]: RuleMatch[Key] }

/** Each rule once, by id. The engine's own complaints carry no id: they are told apart by what they say. */
const isListed = (raw: RawMatch, matches: readonly RuleMatch[]): boolean => {
  for (const match of matches)
    if (match.ruleId === raw.ruleId && (raw.ruleId > 0 || match.message === raw.message)) return true
  return false
}

export const createMatchReader = (redactor: Redactor, weights: Readonly<Record<SeverityName, number>>) => {
  const rule = createRuleMemory(redactor)
  const texts = createRuleTexts(redactor)

  return (t: Transaction): ReadMatches => {
    if (t.matches.length === 0) return NONE
    const matches: RuleMatch[] = []
    const redacted: string[] = []
    const points = new Map<AttackClass, number>()
    let threatScore = 0
    let anomalyScore: number | undefined
    for (const raw of t.matches) {
      if (matches.length === LIMITS.matches) break
      if (isListed(raw, matches)) continue
      const { kind, tags, file } = rule(raw)
      const severity = statedSeverity(raw, kind, t.engine)
      if (kind.evaluation) {
        const score = reportedScore(raw)
        if (score !== undefined) anomalyScore = Math.max(anomalyScore ?? 0, score)
      } else {
        const weight = severity === undefined ? 0 : weights[severity]
        threatScore += weight
        points.set(kind.attackClass, (points.get(kind.attackClass) ?? 0) + weight)
      }
      const words = raw.match ?? ''
      const variable = matchedVariable(words, raw.data)
      const place = variable === undefined ? undefined : texts.place(variable)
      const data = texts.data(raw.data, place)
      const message = texts.message(raw.message, words, place)
      // What redaction blanks can still be known for what it is; the name of the attack is no secret.
      const signature = data.redacted ? signatureOf(matchedText(raw.data)) : undefined
      if (data.redacted) redacted.push(`matches[${matches.length}].data`)
      if (message.redacted) redacted.push(`matches[${matches.length}].message`)
      if (place?.shown.redacted) redacted.push(`matches[${matches.length}].variable`)
      const match: Draft = {
        ruleId: raw.ruleId,
        message: message.text,
        data: data.text,
        severity: severity ?? '',
        tags: signature ? [...tags, `signature/${signature}`] : tags,
        file,
        line: raw.line,
        attackClass: kind.attackClass,
      }
      if (place) match.variable = place.shown.text
      if (kind.paranoiaLevel !== undefined) match.paranoiaLevel = kind.paranoiaLevel
      if (kind.evaluation) match.evaluation = true
      matches.push(match)
    }
    return { matches, attackClasses: byStrength(points), threatScore, anomalyScore, redacted }
  }
}

/** The value in the rule's `logdata`, before redaction. */
const matchedText = (data: string): string => {
  const found = data.indexOf(' found within ')
  const colon = found < 0 ? -1 : data.indexOf(': ', found)
  return colon < 0 ? data.replace(/^Matched Data: /, '') : data.slice(colon + 2)
}
