/**
 * Rule ids of the OWASP Core Rule Set, versions 3 and 4, by family (the first three of six digits). Families keep their
 * meaning over the generations; single rules are named where one differs from its family. Needed beside the tags
 * because ModSecurity 3 logs rules with `multiMatch` (942100 among them) without any tag.
 */
import type { AttackClass } from '../core/event.ts'

const FAMILIES: ReadonlyMap<number, AttackClass> = new Map([
  [910, 'other'],
  [911, 'protocol'],
  [912, 'dos'],
  [913, 'scanner'],
  [920, 'protocol'],
  [921, 'protocol'],
  [922, 'protocol'],
  [930, 'lfi'],
  [931, 'rfi'],
  [932, 'rce'],
  [933, 'php'],
  [934, 'rce'],
  [941, 'xss'],
  [942, 'sqli'],
  [943, 'session-fixation'],
  [944, 'java'],
  [950, 'data-leak'],
  [951, 'data-leak'],
  [952, 'data-leak'],
  [953, 'data-leak'],
  [954, 'data-leak'],
  [955, 'rce'],
  [956, 'data-leak'],
])

/** Family 934 collects what fits no language: server-side request forgery, templates, object-relational look-ups. */
const SINGLE: ReadonlyMap<number, AttackClass> = new Map([
  [934110, 'ssrf'],
  [934120, 'ssrf'],
  [934170, 'ssrf'],
  [934190, 'ssrf'],
  [934180, 'ssti'],
  [934200, 'ssti'],
  [934210, 'sqli'],
  [934220, 'sqli'],
])

export const familyOf = (ruleId: number): number => Math.floor(ruleId / 1000)

/** Ids that the Core Rule Set reserves for itself. */
export const isCoreRule = (ruleId: number): boolean =>
  ruleId >= 900_000 && ruleId < 1_000_000 && FAMILIES.has(familyOf(ruleId))

export const coreRuleClass = (ruleId: number): AttackClass | undefined =>
  SINGLE.get(ruleId) ?? FAMILIES.get(familyOf(ruleId))

/** Families that add up the score, act on it or report it: 949 and 959 decide, 980 reports. */
export const isEvaluationFamily = (ruleId: number): boolean => {
  const family = familyOf(ruleId)
  return family === 949 || family === 959 || family === 980
}

export const isDecidingFamily = (ruleId: number): boolean => {
  const family = familyOf(ruleId)
  return family === 949 || family === 959
}
