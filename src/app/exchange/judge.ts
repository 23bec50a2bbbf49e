/** What becomes of one entry of a list: a decision, an allowlist entry, or a reason why neither. */
import { REMEDIATIONS, type Remediation } from '../../core/decision.ts'
import type { AttackClass } from '../../core/event.ts'
import { type Cidr, parseCidr } from '../../core/ip.ts'
import { specialNetwork } from '../../core/special-networks.ts'
import { iso, type Millis } from '../../core/time.ts'
import { WIDEST } from '../../decide/target.ts'
import type { Gate } from '../../enforce/gate.ts'
import { attackClassOf } from './attack-class-of.ts'
import type { Item } from './item.ts'
import { readLength, readMoment } from './moments.ts'
import { readNetwork, readTarget } from './network-text.ts'

export interface Policy {
  /** Where everything goes; absent: each entry to what the source keeps it as. */
  readonly as?: 'decisions' | 'allowlist'
  /** For entries that name no type, or no end. */
  readonly type: Remediation
  readonly duration: Millis
  /** Beyond it, and for what has no end, an end is set. */
  readonly maxDuration: Millis
  /** Takes allowlist entries wider than `WIDEST_ALLOWED`. */
  readonly force: boolean
  readonly now: Millis
  /** Whom no decision may restrain. */
  readonly gate: Gate
  /** Allowlist entries that are there already, and until when. */
  readonly allowed: ReadonlyMap<string, Millis>
}

/** Why an entry is not taken, in the order in which a summary tells them. */
export const REFUSALS = {
  special: 'special addresses',
  spared: 'allowlisted or our own',
  expired: 'expired',
  scope: 'not by address (country, AS, user)',
  simulated: 'simulated there',
  type: 'of an unknown type',
  wide: 'too wide',
  contrary: 'meant the other way there',
  host: 'host names',
  guard: 'refused by a guard',
} as const
export type Refusal = keyof typeof REFUSALS

export interface AllowWish {
  readonly value: string
  readonly kind: 'ip' | 'range' | 'host'
  readonly reason?: string
  readonly expiresAt?: Millis
}

export interface DecisionWish {
  readonly cidr: Cidr
  readonly type: Remediation
  readonly until: Millis
  readonly reason?: string
  readonly attackClass?: AttackClass
}

export type Verdict =
  /** `shortened`: its end was set, or brought forward, by the policy. */
  | { readonly kind: 'decide'; readonly wish: DecisionWish; readonly shortened: boolean }
  | { readonly kind: 'allow'; readonly wish: AllowWish }
  /** Nothing needs to be done: nobody there is ever restrained. */
  | { readonly kind: 'covered' }
  | { readonly kind: 'refused'; readonly why: Refusal; readonly text: string }
  | { readonly kind: 'unreadable'; readonly problem: string; readonly remedy: string }

const WIDEST_ALLOWED = { ipv4: 8, ipv6: 16 } as const
const MAX_REASON = 200

const refused = (why: Refusal, text: string): Verdict => ({ kind: 'refused', why, text })
const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** A scope that names no addresses: `Country FR`, or written in one as `country:FR`. */
const otherScope = ({ scope, value }: Item): string | undefined => {
  const named = scope ?? /^(country|as|asn|username|user|session):/i.exec(value)?.[1]
  return named === undefined || /^(?:ip|range)$/i.test(named) ? undefined : named
}

const addressText = (item: Item): string => item.value.trim().replace(/^(?:ip|range):/i, '')

/** Beyond it there is no date to show: as good as never. */
const LAST: Millis = Date.UTC(9999, 0)

/** The end as stated, from 1970 on; Infinity for never, NaN when it cannot be read, undefined when there is none. */
const endOf = ({ until }: Item, now: Millis): Millis | undefined => {
  if (until === undefined) return undefined
  const moment = typeof until === 'number' ? until : readMoment(until)
  // Go's zero time stands for none.
  if (moment !== undefined && moment <= 0) return undefined
  const end = moment ?? now + (readLength(String(until)) ?? Number.NaN)
  return end > LAST ? Number.POSITIVE_INFINITY : Math.floor(Math.max(end, 0))
}

const unreadableEnd = (item: Item): Verdict => ({
  kind: 'unreadable',
  problem: `${shown(String(item.until))} is neither a moment nor a length of time`,
  remedy: 'Write 2026-11-22T07:30:00Z, or 4h, 7d, 1h30m.',
})

const unreadableValue = (text: string): Verdict => ({
  kind: 'unreadable',
  problem: text === '' ? 'no address' : `${shown(text)} is neither an address nor a network`,
  remedy: 'Write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48.',
})

const reasonOf = (item: Item): { reason?: string } =>
  item.reason === undefined ? {} : { reason: item.reason.slice(0, MAX_REASON) }

const classOf = (item: Item): { attackClass?: AttackClass } => {
  const attackClass = attackClassOf(item.attackClass ?? item.reason ?? '')
  return attackClass === undefined ? {} : { attackClass }
}

const judgeDecision = (item: Item, policy: Policy): Verdict => {
  const { now, gate } = policy
  if (item.spared) return refused('contrary', 'the source keeps it as somebody to be spared')
  const scope = otherScope(item)
  if (scope !== undefined) return refused('scope', `a decision by ${scope.slice(0, 30)} cannot be enforced by address`)
  const cidr = readTarget(addressText(item))
  if (!cidr) return unreadableValue(addressText(item))
  const type = item.type === undefined ? policy.type : REMEDIATIONS.find((one) => one === item.type?.toLowerCase())
  if (!type) return refused('type', `${shown(item.type!)} is none of ${REMEDIATIONS.join(', ')}`)
  const end = endOf(item, now) ?? now + policy.duration
  if (Number.isNaN(end)) return unreadableEnd(item)
  if (end <= now) return refused('expired', `it ended at ${iso(end)}`)
  if (item.simulated) return refused('simulated', 'it is simulated there')
  const widest = WIDEST[cidr.address.kind()]
  if (cidr.bits < widest) return refused('wide', `the widest network is a /${widest}`)
  const special = specialNetwork(cidr)
  if (special) return refused('special', `${special.network} is ${special.what}`)
  const spared = gate.refuses(cidr)
  if (spared !== undefined) return refused('spared', spared)
  const latest = now + policy.maxDuration
  return {
    kind: 'decide',
    wish: { cidr, type, until: Math.min(end, latest), ...reasonOf(item), ...classOf(item) },
    shortened: end > latest,
  }
}

const allow = (wish: AllowWish, { allowed }: Policy): Verdict =>
  (allowed.get(wish.value) ?? 0) >= (wish.expiresAt ?? Number.POSITIVE_INFINITY)
    ? { kind: 'covered' }
    : { kind: 'allow', wish }

const HOST = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]*$/

const judgeAllowance = (item: Item, policy: Policy): Verdict => {
  const { now } = policy
  if (item.type !== undefined) return refused('contrary', `the source restrains it: ${shown(item.type)}`)
  const scope = otherScope(item)
  if (scope !== undefined) return refused('scope', `${scope.slice(0, 30)} is nothing that can be spared by address`)
  const text = addressText(item)
  const cidr = readNetwork(text)
  const end = endOf(item, now)
  if (Number.isNaN(end)) return unreadableEnd(item)
  if (end !== undefined && end <= now) return refused('expired', `it ended at ${iso(end)}`)
  const lasting = end === undefined || end === Number.POSITIVE_INFINITY ? {} : { expiresAt: end }
  if (!cidr) {
    const host = text.toLowerCase().replace(/^\*?\.|\.$/g, '')
    if (!HOST.test(host)) return unreadableValue(text)
    if (item.resolved)
      return refused('host', 'names are looked up there: add the addresses, or allowlist the name by hand')
    return allow({ value: host, kind: 'host', ...reasonOf(item), ...lasting }, policy)
  }
  if (cidr.bits === 0) return refused('wide', 'that is every address there is')
  const special = specialNetwork(cidr)
  if (special && parseCidr(special.network)!.bits <= cidr.bits) return { kind: 'covered' }
  const widest = WIDEST_ALLOWED[cidr.address.kind()]
  if (cidr.bits < widest && !policy.force)
    return refused('wide', `${cidr.text} is wider than /${widest}; --force takes it`)
  const kind = cidr.text.includes('/') ? 'range' : 'ip'
  return allow({ value: cidr.text, kind, ...reasonOf(item), ...lasting }, policy)
}

export const judge = (item: Item, policy: Policy): Verdict => {
  const as = policy.as ?? (item.spared ? 'allowlist' : 'decisions')
  return as === 'decisions' ? judgeDecision(item, policy) : judgeAllowance(item, policy)
}
