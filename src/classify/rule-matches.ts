/** The rules of a record: each once, understood, scored and without secrets. */
import type { AttackClass, Engine, RawMatch, RuleMatch, Transaction } from '../core/event.ts'
import { signatureOf } from '../core/signature.ts'
import { byStrength } from './attack-class.ts'
import { LIMITS } from './bounds.ts'
import { matchedVariable } from './matched-variable.ts'
import { ownText } from './memo.ts'
import { remember } from './recent.ts'
import type { Redactor } from './redact.ts'
import { createRuleTexts } from './rule-data.ts'
import { createRuleMemory, type KnownRule, type ReadMatch, type SeenMatch } from './rule-memory.ts'
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

  const read = (raw: RawMatch, engine: Engine, { kind, tags, file }: KnownRule): ReadMatch => {
    const severity = statedSeverity(raw, kind, engine)
    const words = raw.match ?? ''
    const variable = matchedVariable(words, raw.data)
    const place = variable === undefined ? undefined : texts.place(variable)
    const data = texts.data(raw.data, place)
    const message = texts.message(raw.message, words, place)
    // What redaction blanks can still be known for what it is; the name of the attack is no secret.
    const signature = data.redacted ? signatureOf(matchedText(raw.data)) : undefined
    const redacted: string[] = []
    if (data.redacted) redacted.push('data')
    if (message.redacted) redacted.push('message')
    if (place?.shown.redacted) redacted.push('variable')
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
    return {
      match,
      points: kind.evaluation || severity === undefined ? 0 : weights[severity],
      score: kind.evaluation ? reportedScore(raw) : undefined,
      redacted,
    }
  }

  /** Half of all matches say word for word what one of the latest of their rule said. */
  const readOnce = (raw: RawMatch, engine: Engine): ReadMatch => {
    const known = rule(raw)
    for (const seen of known.latest.items) if (isSame(seen, raw, engine)) return seen.read
    const made = read(raw, engine, known)
    const { message, data, match = '', line, severity } = raw
    if (message.length + data.length + match.length <= REMEMBERED_MATCH)
      remember(known.latest, {
        message: ownText(message),
        data: ownText(data),
        words: ownText(match),
        line,
        severity,
        engine,
        read: made,
      })
    return made
  }

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
      const one = readOnce(raw, t.engine)
      const { match } = one
      if (!match.evaluation) {
        threatScore += one.points
        points.set(match.attackClass, (points.get(match.attackClass) ?? 0) + one.points)
      } else if (one.score !== undefined) anomalyScore = Math.max(anomalyScore ?? 0, one.score)
      for (const field of one.redacted) redacted.push(`matches[${matches.length}].${field}`)
      matches.push(match)
    }
    return { matches, attackClasses: byStrength(points), threatScore, anomalyScore, redacted }
  }
}

/** Characters of a match that is remembered; longer ones hardly ever come back. */
const REMEMBERED_MATCH = 1024

const isSame = (seen: SeenMatch, raw: RawMatch, engine: Engine): boolean =>
  seen.data === raw.data &&
  seen.words === (raw.match ?? '') &&
  seen.message === raw.message &&
  seen.line === raw.line &&
  seen.severity === raw.severity &&
  seen.engine === engine

/** The value in the rule's `logdata`, before redaction. */
const matchedText = (data: string): string => {
  const found = data.indexOf(' found within ')
  const colon = found < 0 ? -1 : data.indexOf(': ', found)
  return colon < 0 ? data.replace(/^Matched Data: /, '') : data.slice(colon + 2)
}
