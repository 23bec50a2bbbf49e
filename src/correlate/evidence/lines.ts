/**
 * The sum, line by line. Each line is an amount that a person can check, times its weight.
 * Nothing here has state: the same actor gives the same lines, which is what `explain` shows and what fitting reads.
 * Amounts are computed whenever a verdict may change, texts only when somebody reads them.
 */
import { type Actor, attached, goodSessions, type Hostile } from './actor.ts'
import { familyNames } from './family.ts'
import { sweeps } from './nuisance.ts'
import { IN_HEADER } from './probe.ts'
import { CONTENT, DOUBTFUL } from './shape.ts'
import { LINE_CODES, type LineCode, WEIGHTS, type Weights } from './weights.ts'

/** What prose and hidden values add up to at most: an editor's day is full of short texts, never of payloads. */
const DOUBTFUL_CAP = 2
/** Sharpness from which a probe tells the family that its sender is after. */
const TELLING = 0.6

export interface Summary {
  /** Different bare payloads, each as sharp as it is. */
  readonly payloads: number
  /** Different inputs that got them. */
  readonly inputs: number
  /** Mask of the families among them. */
  readonly families: number
  /** Inputs where only documents or prose tripped a rule. */
  readonly contents: number
}

/** The amount of every line, capped, in the order of `LINE_CODES`; all zero for an actor without matches. */
export const amountsOf = (actor: Actor, cleanVisible: boolean, weights: Weights = WEIGHTS): number[] => {
  const h = actor.hostile
  const amounts: number[] = new Array<number>(LINE_CODES.length).fill(0)
  if (!h) return amounts
  const s = summarise(h)
  for (let i = 0; i < LINE_CODES.length; i++) {
    const amount = IN_ORDER[i]!(actor, h, s, cleanVisible)
    if (amount > 0) amounts[i] = Math.min(amount, weights[LINE_CODES[i]!].cap)
  }
  return amounts
}

export const totalOf = (amounts: readonly number[], weights: Weights = WEIGHTS): number => {
  let sum = 0
  for (let i = 0; i < amounts.length; i++) if (amounts[i] !== 0) sum += amounts[i]! * weights[LINE_CODES[i]!].weight
  return sum
}

/** Confidence 0 to 100 of log-odds. */
export const confidence = (logOdds: number): number => Math.round(100 / (1 + Math.exp(-logOdds)))

const log2 = (x: number): number => Math.log2(Math.max(1, x))

type Amount = (actor: Actor, h: Hostile, s: Summary, cleanVisible: boolean) => number

/** What each line counts; nothing below zero does. */
const AMOUNTS: Readonly<Record<LineCode, Amount>> = {
  prior: () => 1,
  'proof.single': (_, h) => (h.proof === undefined ? 0 : 1),
  'probe.payloads': (_, _h, s) => log2(1 + s.payloads),
  'probe.inputs': (_, _h, s) => log2(s.inputs),
  'probe.families': (_, _h, s) => bits(s.families) - 1,
  'probe.contents': (_, _h, s) => log2(1 + s.contents),
  'probe.oddities': (_, h) => h.oddities.length - 2,
  'probe.files': (_, h) => log2(h.files.length),
  'tool.signature': (_, h) => (h.tool > 0 ? 1 : 0),
  'tool.insists': (_, h) => log2(h.tool),
  'conduct.share': (actor, h, _, cleanVisible) =>
    cleanVisible && actor.requests >= 3 ? (freshShare(actor, h) - 0.3) / 0.7 : 0,
  'conduct.first': (_, h, _s, cleanVisible) => (cleanVisible && h.first ? 1 : 0),
  'conduct.agents': (actor, h, _, cleanVisible) =>
    cleanVisible && h.agents.length > 2 ? (h.agents.length - 2) * (1 - attached(actor)) : 0,
  'conduct.sweep': (actor, _h, _, cleanVisible) => (cleanVisible && sweeps(actor) ? 1 : 0),
  'clean.requests': (actor) => (actor.clean > 0 ? log2(1 + actor.clean) * attached(actor) : 0),
  'clean.unseen': (_, _h, _s, cleanVisible) => (cleanVisible ? 0 : 1),
  'clean.sessions': (actor) => goodSessions(actor) - 1,
}
const IN_ORDER: readonly Amount[] = LINE_CODES.map((code) => AMOUNTS[code])

/** One line for a person on what an amount stands for. */
export const textOf = (code: LineCode, actor: Actor): string => {
  const h = actor.hostile!
  const s = summarise(h)
  switch (code) {
    case 'prior':
      return 'before any evidence: most matches are accidents'
    case 'proof.single':
      return h.proof ?? ''
    case 'probe.payloads':
      return many(s.payloads, 'different attack payload')
    case 'probe.inputs':
      return `aimed at ${many(s.inputs, 'different input')}`
    case 'probe.families':
      return `attack families: ${familyNames(s.families).join(', ')}`
    case 'probe.contents':
      return `${many(s.contents, 'input')} where longer text tripped a rule`
    case 'probe.oddities':
      return `${many(h.oddities.length, 'different protocol rule')} tripped`
    case 'probe.files':
      return `asked for ${many(h.files.length, 'different forbidden file')}`
    case 'tool.signature':
      return 'an attack tool names itself'
    case 'tool.insists':
      return `${many(h.tool, 'request')} by that tool`
    case 'conduct.share':
      return `${Math.round(freshShare(actor, h) * 100)} % of its requests brought something new against it`
    case 'conduct.first':
      return 'the first request already carried an attack'
    case 'conduct.agents':
      return `${many(h.agents.length, 'user agent')} among its matched requests, most without clean requests`
    case 'conduct.sweep':
      return 'most of its requests ask for what does not exist'
    case 'clean.requests':
      return `${many(actor.clean, 'clean request')}, by who made ${Math.round(attached(actor) * 100)} % of the matched ones`
    case 'clean.unseen':
      return 'this log does not show the clean requests that might speak for it'
    case 'clean.sessions':
      return `${many(goodSessions(actor), 'session')} that behave`
  }
}

const freshShare = (actor: Actor, h: Hostile): number => Math.min(1, h.fresh / Math.max(1, actor.requests))

/** Amounts are weighed in fractions; a person reads whole numbers. */
const many = (amount: number, noun: string): string => {
  const n = Math.max(1, Math.round(amount))
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

const bits = (mask: number): number => {
  let n = 0
  for (let m = mask; m !== 0; m &= m - 1) n++
  return n
}

const summarise = (h: Hostile): Summary => {
  let bare = 0
  let doubtful = 0
  let families = 0
  const points: number[] = []
  const best: number[] = []
  for (const [, point, mask, sharp] of h.probes) {
    if (sharp <= DOUBTFUL) doubtful += sharp
    else bare += sharp
    if (sharp >= TELLING) families |= mask & ~IN_HEADER
    const i = points.indexOf(point)
    if (i < 0) {
      points.push(point)
      best.push(sharp)
    } else if (sharp > best[i]!) best[i] = sharp
  }
  let inputs = 0
  let contents = 0
  for (const b of best) {
    inputs += b <= DOUBTFUL ? b / 2 : b
    if (b < CONTENT) contents++
  }
  return { payloads: bare + Math.min(doubtful, DOUBTFUL_CAP), inputs, families, contents }
}
