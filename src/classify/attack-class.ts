/**
 * What kind of attack a rule speaks of: by its tags, else by its family in the Core Rule Set, else by its message.
 * All three are the rule author's words, not the attacker's.
 */
import type { AttackClass, RawMatch } from '../core/event.ts'
import { coreRuleClass, isEvaluationFamily } from './crs-families.ts'
import { memo } from './memo.ts'

export interface RuleKind {
  readonly attackClass: AttackClass
  readonly evaluation: boolean
  readonly paranoiaLevel: number | undefined
  /** What the class was told by, for the trace. */
  readonly because: 'tag' | 'family' | 'message' | 'nothing'
}

/** Tags of both generations in lower case, without the `OWASP_CRS/` of CRS 4. */
const TAGS: ReadonlyMap<string, AttackClass> = new Map<string, AttackClass>([
  ['attack-sqli', 'sqli'],
  ['attack-nosqli', 'sqli'],
  ['attack-xss', 'xss'],
  ['attack-lfi', 'lfi'],
  ['attack-traversal', 'lfi'],
  ['attack-rfi', 'rfi'],
  ['attack-rce', 'rce'],
  ['attack-injection-nodejs', 'rce'],
  ['attack-injection-php', 'php'],
  ['attack-php', 'php'],
  ['attack-injection-java', 'java'],
  ['attack-java', 'java'],
  ['attack-ssrf', 'ssrf'],
  ['attack-xxe', 'xxe'],
  ['attack-ssti', 'ssti'],
  ['attack-fixation', 'session-fixation'],
  ['attack-session-fixation', 'session-fixation'],
  ['attack-protocol', 'protocol'],
  ['protocol-attack', 'protocol'],
  ['protocol-enforcement', 'protocol'],
  ['method-enforcement', 'protocol'],
  ['attack-multipart-header', 'protocol'],
  ['multipart-attack', 'protocol'],
  ['attack-deprecated-header', 'protocol'],
  ['attack-reputation-scanner', 'scanner'],
  ['attack-reputation-scripting', 'scanner'],
  ['attack-reputation-crawler', 'scanner'],
  ['scanner-detection', 'scanner'],
  ['attack-disclosure', 'data-leak'],
  ['attack-dos', 'dos'],
  ['attack-bruteforce', 'bruteforce'],
  ['attack-brute-force', 'bruteforce'],
  ['attack-reputation-ip', 'other'],
  ['web-shells', 'rce'],
  ['honeypot', 'honeypot'],
  ['honeytoken', 'honeypot'],
  ['honeytrap', 'honeypot'],
  ['attack-honeypot', 'honeypot'],
])
const EVALUATION_TAGS: ReadonlySet<string> = new Set(['anomaly-evaluation', 'event-correlation', 'reporting'])

interface Tag {
  readonly attackClass: AttackClass | undefined
  readonly evaluation: boolean
  readonly paranoiaLevel: number | undefined
}

const PARANOIA = /^paranoia-level\/([1-4])$/
const CRS4 = /^owasp_crs\//

const readTag = memo(1024, 128, (text): Tag => {
  const tag = text.toLowerCase().replace(CRS4, '')
  const level = PARANOIA.exec(tag)?.[1]
  return {
    attackClass: TAGS.get(tag),
    evaluation: EVALUATION_TAGS.has(tag),
    paranoiaLevel: level === undefined ? undefined : Number(level),
  }
})

/** For rules of one's own and of other rule sets. The first that fits; the more telling words come first. */
const MESSAGES: readonly (readonly [AttackClass, RegExp])[] = [
  ['honeypot', /honey ?-?(?:pot|token|trap)/i],
  ['sqli', /\bsqli\b|sql[ -]?injection|sql information/i],
  ['xss', /\bxss\b|cross[ -]site[ -]script/i],
  ['xxe', /\bxxe\b|external entit/i],
  ['ssrf', /\bssrf\b|server[ -]side request/i],
  ['ssti', /\bssti\b|template injection/i],
  ['java', /log4j|log4shell|\bognl\b|\bjndi\b|java (?:class|injection|deseriali[sz])|struts/i],
  ['php', /php (?:injection|object|code)/i],
  ['rfi', /\brfi\b|remote file inclu/i],
  ['lfi', /\blfi\b|local file inclu|path traversal|directory traversal|file access attempt/i],
  ['rce', /\brce\b|command (?:injection|execution)|code (?:injection|execution)|shellshock|web ?shell/i],
  ['bruteforce', /brute[ -]?force|password guess|login attempts/i],
  ['dos', /\bd?dos\b|denial of service|flood|rate[ -]limit/i],
  ['session-fixation', /session fixation/i],
  ['scanner', /scanner|\bnikto\b|\bsqlmap\b|\bnmap\b|\bprobing\b/i],
  ['data-leak', /leak|disclosure/i],
  [
    'protocol',
    /request body|multipart|content[ -]type|method is not allowed|http header|encoding abuse|invalid (?:character|http)/i,
  ],
]

const messageClass = memo(1024, 256, (message): AttackClass | 'none' => {
  const words = message.slice(0, 256)
  return MESSAGES.find(([, pattern]) => pattern.test(words))?.[0] ?? 'none'
})

/** The honeypot rule of the article that Riposte grew from has these ids; elsewhere they are anybody's. */
const isArticleHoneypot = (match: RawMatch): boolean =>
  (match.ruleId === 110 || match.ruleId === 111) && match.message === ''

/**
 * CRS tags Java, PHP and Node rules `attack-rce` too. Where the family is more precise than that, the family counts, so
 * that a rule has one class whether or not its tags were logged.
 */
const refine = (tagged: AttackClass, ruleId: number): AttackClass => {
  if (tagged !== 'rce' && tagged !== 'protocol') return tagged
  return coreRuleClass(ruleId) ?? tagged
}

export const ruleKind = (match: RawMatch): RuleKind => {
  let tagged: AttackClass | undefined
  let evaluation = isEvaluationFamily(match.ruleId)
  let paranoiaLevel: number | undefined
  for (const text of match.tags) {
    const tag = readTag(text)
    // Of several, the most telling: CRS 4 tags an ORM injection both `attack-protocol` and by its kind.
    if (tag.attackClass !== undefined && (tagged === undefined || tagged === 'protocol')) tagged = tag.attackClass
    if (tag.attackClass === 'honeypot') tagged = 'honeypot'
    evaluation ||= tag.evaluation
    paranoiaLevel ??= tag.paranoiaLevel
  }
  if (tagged !== undefined)
    return { attackClass: refine(tagged, match.ruleId), evaluation, paranoiaLevel, because: 'tag' }
  if (evaluation) return { attackClass: 'other', evaluation, paranoiaLevel, because: 'family' }
  const core = coreRuleClass(match.ruleId)
  if (core !== undefined) return { attackClass: core, evaluation, paranoiaLevel, because: 'family' }
  const told = isArticleHoneypot(match) ? 'honeypot' : messageClass(match.message)
  return told === 'none'
    ? { attackClass: 'other', evaluation, paranoiaLevel, because: 'nothing' }
    : { attackClass: told, evaluation, paranoiaLevel, because: 'message' }
}

/** Honest noise last: a protocol rule beside an injection says nothing more about the request. */
const TIER: Readonly<Partial<Record<AttackClass, number>>> = {
  honeypot: 0,
  protocol: 3,
  other: 4,
  scanner: 2,
  'data-leak': 2,
}

/** Classes with the points that each gathered, strongest first; log order breaks ties. */
export const byStrength = (points: ReadonlyMap<AttackClass, number>): readonly AttackClass[] => {
  const names = [...points.keys()]
  return names.length < 2
    ? names
    : names.sort((a, b) => (TIER[a] ?? 1) - (TIER[b] ?? 1) || (points.get(b) ?? 0) - (points.get(a) ?? 0))
}
