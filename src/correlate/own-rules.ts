/**
 * Which matches are our own doing. A WAF that denies a client because we listed it logs that denial as a rule match;
 * counting it would make every ban the reason for the next one, for ever.
 */
import type { AttackClass, Event, RuleMatch } from '../core/event.ts'

/** What rules that carry out our decisions say: those that we render, and the articles' `@rbl` rule. */
const MARKERS = ['riposte', 'attacker detected using rbl'] as const
const LONGEST = 32

const R = 0x72
const A = 0x61
/** The first letter, lower-cased: most texts are told apart by it, and this runs for every tag of every match. */
const initial = (text: string): number => text.charCodeAt(0) | 0x20

/** The classifier keeps one list of tags per rule, so that each is read once and not with every match. */
const known = new WeakMap<readonly string[], boolean>()

const isTagged = (tags: readonly string[]): boolean => {
  let tagged = known.get(tags)
  if (tagged === undefined) {
    tagged = tags.some((tag) => initial(tag) === R && tag.slice(0, LONGEST).toLowerCase().startsWith(MARKERS[0]))
    known.set(tags, tagged)
  }
  return tagged
}

export const isOwnRule = (match: RuleMatch): boolean => {
  if (isTagged(match.tags)) return true
  const first = initial(match.message)
  if (first !== R && first !== A) return false
  const message = match.message.slice(0, LONGEST).toLowerCase()
  return message.startsWith(MARKERS[0]) || message.startsWith(MARKERS[1])
}

export interface Evidence {
  /** Matches that accuse the client: neither score keeping nor our own enforcement. */
  readonly matches: readonly RuleMatch[]
  readonly classes: readonly AttackClass[]
}

const NONE: Evidence = { matches: [], classes: [] }

let latest: Event | undefined
let found: Evidence = NONE

/** Most events have no matches at all: they cost one comparison. The scenarios and the evidence ask one after the other. */
export const evidenceOf = (event: Event): Evidence => {
  if (event.matches.length === 0) return NONE
  if (event !== latest) {
    found = read(event)
    latest = event
  }
  return found
}

const read = (event: Event): Evidence => {
  const matches: RuleMatch[] = []
  let own = false
  for (const match of event.matches)
    if (isOwnRule(match)) own = true
    else if (match.evaluation !== true) matches.push(match)
  if (matches.length === 0) return NONE
  return { matches, classes: own ? [...new Set(matches.map((m) => m.attackClass))] : event.attackClasses }
}
