/**
 * Reads an event's matches as probes: one per attacked input, however many rules fired on it.
 * A probe's key is what makes it new evidence: same input and same wording again is the same probe.
 */
import type { Event, RuleMatch } from '../../core/event.ts'
import { evidenceOf } from '../own-rules.ts'
import { familyBit, kindOf } from './family.ts'
import { FOLD_SEED, fold, foldHash, mixed } from './fold-hash.ts'
import { pathPattern } from './path-pattern.ts'
import { type Proof, proofOf } from './proof.ts'
import { isHidden, matchedValue, NOT_LOGGED, sharpness, skeleton } from './shape.ts'

export interface Probe {
  readonly key: number
  /** The input: path pattern and parameter, or for what a client carries along (headers, cookies) the name alone. */
  readonly point: number
  /** Mask of attack families that the rules on this input belong to. */
  readonly families: number
  /** 1 bare payload … 0 document, after the discount for what this site's harmless clients trip as well. */
  readonly sharp: number
}

export interface Reading {
  readonly probes: readonly Probe[]
  readonly proof: Proof | undefined
  readonly tool: boolean
  /** Path patterns of forbidden files asked for, as one hash, or undefined. */
  readonly policy: number | undefined
  readonly oddities: readonly number[]
  /** Baseline rows that this event's attack matches belong to. */
  readonly habitKeys: readonly number[]
  /** True when at least one match is evidence of any kind; noise is none. */
  readonly evidence: boolean
  /** The page on which something other than the site's own answer tripped a rule. */
  readonly place: number | undefined
}

/** Marks a probe that came in a header other than a cookie. */
export const IN_HEADER = 1 << 20

/** True when the client tripped a rule at this address (host and URI, as a hash) before. */
export type Tripped = (page: number) => boolean

/** How far the site's own baseline lets a rule on an input count, 1 (unknown) to near 0 (everybody trips it). */
export type Discount = (habit: number) => number

/** Names the baseline row of one rule on one input of one site. */
const habitKey = (host: string, point: number, ruleId: number): number => foldHash(host, point ^ (ruleId * 2654435761))

interface Draft {
  point: number
  variable: string
  families: number
  sharp: number
  value: string
  rules: number[]
}

const isCarried = (variable: string): boolean =>
  variable.startsWith('REQUEST_HEADERS') || variable.startsWith('REQUEST_COOKIES')

/** True when our own enforcement had a part in the event: what the client got to see is our doing. */
export const isOurs = (event: Event): boolean => {
  let others = 0
  for (const match of event.matches) if (match.evaluation !== true) others++
  return others !== evidenceOf(event).matches.length
}

/** Not for an event that `isOurs`. */
export const readEvent = (event: Event, discount: Discount, tripped: Tripped): Reading => {
  const drafts: Draft[] = []
  const oddities: number[] = []
  const habitKeys: number[] = []
  let proof: Proof | undefined
  let tool = false
  let policy: number | undefined
  let evidence = false
  let asked = false
  let page: number | undefined
  const { matches } = evidenceOf(event)
  for (const match of matches) {
    const kind = kindOf(match)
    if (kind === 'noise') continue
    evidence = true
    asked ||= kind !== 'response'
    page ??= pageOf(event)
    const value = matchedValue(match.data)
    if (kind === 'tool') tool = true
    else if (kind === 'oddity') oddities.push(match.ruleId)
    else if (kind === 'policy') policy = mixed(page)
    else if (kind === 'attack') attack(match, value, { event, page, drafts, habitKeys, discount, tripped })
    proof ??= proofOf(match, value)
  }
  if (matches.length === 0 && event.disposition === 'blocked' && event.matches.length > 0) {
    page = pageOf(event)
    drafts.push(denied(event, page))
    evidence = true
    asked = true
  }
  // A payload in a parameter is in the request line too; the parameter says it better.
  const inputs = drafts.length > 1 ? drafts.filter((d) => d.variable !== 'REQUEST_URI') : drafts
  return {
    probes: inputs.map((d) => ({
      key: probeKey(d),
      point: d.point,
      families: d.families,
      sharp: d.sharp,
    })),
    proof,
    tool,
    policy,
    oddities,
    habitKeys,
    evidence,
    place: asked && page !== undefined ? mixed(page) : undefined,
  }
}

/** Host and path pattern, folded and not yet mixed: the inputs on the page go on from here. */
const pageOf = (event: Event): number => fold(fold(FOLD_SEED, event.request.host), pathPattern(event.request.path))

interface Scene {
  readonly event: Event
  /** `pageOf` the event. */
  readonly page: number
  readonly drafts: Draft[]
  readonly habitKeys: number[]
  readonly discount: Discount
  readonly tripped: Tripped
}

const attack = (match: RuleMatch, value: string, scene: Scene): void => {
  const { event, page, drafts, habitKeys, discount, tripped } = scene
  const variable = nameOf(match)
  // Without a variable all that is known is the class: one input per class, whatever the page.
  const point =
    variable === undefined
      ? foldHash(match.attackClass)
      : isCarried(variable)
        ? foldHash(variable)
        : foldHash(variable, fold(page, ' '))
  const habit = habitKey(event.request.host, point, match.ruleId)
  habitKeys.push(habit)
  let sharp = isEcho(event, variable, value, tripped) ? 0 : sharpness(value, WITHOUT_BODY.has(event.request.method))
  if (sharp > 0) sharp *= discount(habit) * (MILD_RULES.has(match.ruleId) ? 0.5 : 1)
  const mask = familyBit(match.attackClass) | (variable?.startsWith('REQUEST_HEADERS') ? IN_HEADER : 0)
  for (const known of drafts) {
    if (known.point !== point) continue
    known.families |= mask
    known.rules.push(match.ruleId)
    if (sharp > known.sharp) known.sharp = sharp
    return
  }
  drafts.push({ point, variable: variable ?? '', families: mask, sharp, value, rules: [match.ruleId] })
}

/**
 * An error log may hold the denial alone and not the rules that led to it. Then the score has to tell one attempt from
 * another: a cookie that is denied on every page is always denied with the same. What it was nobody knows.
 */
const DENIAL = 'denial'
const denied = (event: Event, page: number): Draft => {
  const point = mixed(page)
  const value = `denial at score ${event.anomalyScore ?? 0}`
  return { point, variable: DENIAL, families: 0, sharp: NOT_LOGGED, value, rules: [] }
}

const WITHOUT_BODY = new Set(['GET', 'HEAD'])

/** The raw, decoded and shortened request line are one input. */
const nameOf = (match: RuleMatch): string | undefined =>
  match.variable !== undefined && URI_NAMES.has(match.variable) ? 'REQUEST_URI' : match.variable
const URI_NAMES = new Set([
  'REQUEST_URI',
  'REQUEST_URI_RAW',
  'REQUEST_FILENAME',
  'REQUEST_BASENAME',
  'REQUEST_LINE',
  'QUERY_STRING',
])

/** Rules at level 1 that ordinary input trips on every busy site: relative links, words that are also commands, UTF-8. */
const MILD_RULES = new Set([930100, 930110, 932150, 941310])

/** A browser names the page it comes from: if that page was tripped before, its address is no second attack. */
const isEcho = (event: Event, variable: string | undefined, value: string, tripped: Tripped): boolean => {
  if (variable !== 'REQUEST_HEADERS:Referer') return false
  for (const [name, referer] of event.request.headers)
    if (name.length === 7 && name.toLowerCase() === 'referer')
      return tripped(foldHash(referer.slice(referer.indexOf('//') + 2)))
  return value.includes(`//${event.request.host}/`)
}

/**
 * A document is one input however it is edited; of payloads each wording counts. Where the log hides the wording
 * (cookies, secrets) the set of rules that it tripped must do: a cookie that trips by accident trips the same ones.
 */
const probeKey = (draft: Draft): number => {
  if (draft.variable === DENIAL) return foldHash(draft.value)
  if (draft.sharp === 0 || draft.variable === '') return draft.point
  const wording = isHidden(draft.value) ? draft.rules.toSorted((a, b) => a - b).join() : skeleton(draft.value)
  return foldHash(wording, draft.point)
}
