/**
 * What is the same each time a rule matches, worked out once: class, paranoia level, tags and file as shown. A rule's
 * tags and file are its author's and hardly ever change, so comparing them with last time's is cheaper than reading them.
 */
import type { Engine, RawMatch, RuleMatch } from '../core/event.ts'
import { type RuleKind, ruleKind } from './attack-class.ts'
import { LIMITS } from './bounds.ts'
import { ownText } from './memo.ts'
import { noneYet, type Recent } from './recent.ts'
import type { Redactor } from './redact.ts'

export interface KnownRule {
  readonly kind: RuleKind
  readonly tags: readonly string[]
  readonly file: string
  /** What was made of its latest matches. */
  readonly latest: Recent<SeenMatch>
}

/** A match as logged, and what it was read as. */
export interface SeenMatch {
  readonly message: string
  readonly data: string
  readonly words: string
  readonly line: number
  readonly severity: number | undefined
  readonly engine: Engine
  readonly read: ReadMatch
}

export interface ReadMatch {
  readonly match: RuleMatch
  /** Threat points. */
  readonly points: number
  /** Score that an evaluation rule reports. */
  readonly score: number | undefined
  /** Fields of `match` of which something was replaced. */
  readonly redacted: readonly string[]
}

interface Entry extends KnownRule {
  readonly loggedTags: readonly string[]
  readonly loggedFile: string
  /** Set where the message told the class: another message may tell another. */
  readonly loggedMessage: string | undefined
}

/** More rules than any rule set has; beyond them, which only forged logs reach, the memory starts anew. */
const MOST_RULES = 8192

const sameTags = (a: readonly string[], b: readonly string[]): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

const worthRemembering = (match: RawMatch): boolean =>
  match.tags.length <= LIMITS.tags &&
  match.file.length <= LIMITS.file &&
  match.tags.every((t) => t.length <= LIMITS.tag)

const stillHolds = (entry: Entry, match: RawMatch): boolean =>
  entry.loggedFile === match.file &&
  (entry.loggedMessage === undefined || entry.loggedMessage === match.message) &&
  sameTags(entry.loggedTags, match.tags)

export const createRuleMemory = (redactor: Redactor): ((match: RawMatch) => KnownRule) => {
  let entries = new Map<number, Entry>()
  const read = (match: RawMatch): Entry => {
    const kind = ruleKind(match)
    const byMessage = kind.because === 'message' || kind.because === 'nothing'
    return {
      kind,
      tags: match.tags.slice(0, LIMITS.tags).map((tag) => ownText(redactor.text(tag, LIMITS.tag).text)),
      file: ownText(redactor.text(match.file, LIMITS.file).text),
      latest: noneYet(),
      loggedTags: match.tags.map(ownText),
      loggedFile: ownText(match.file),
      loggedMessage: byMessage ? ownText(match.message) : undefined,
    }
  }
  return (match) => {
    const known = entries.get(match.ruleId)
    if (known && stillHolds(known, match)) return known
    const entry = read(match)
    if (worthRemembering(match)) {
      if (entries.size >= MOST_RULES) entries = new Map()
      entries.set(match.ruleId, entry)
    }
    return entry
  }
}
