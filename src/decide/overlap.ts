/**
 * Last guard: what becomes of a decision when one is in force already. The ledger holds at most one per scope and
 * value; it is extended and strengthened, never shortened or weakened.
 */
import { type Decision, REMEDIATIONS, type Remediation } from '../core/decision.ts'
import { formatDuration } from '../core/duration.ts'
import { because } from './candidate.ts'

export type Overlap =
  | { readonly kind: 'new'; readonly decision: Decision; readonly replaced?: Decision }
  | { readonly kind: 'extended' | 'strengthened'; readonly decision: Decision }
  | { readonly kind: 'none'; readonly code: string; readonly text: string }

const EVENTS = 32
const REASONS = 24

export const strength = (type: Remediation): number => REMEDIATIONS.indexOf(type)

const joined = (first: readonly string[], then: readonly string[]): string[] => {
  const ids = [...new Set([...first, ...then])]
  return ids.length <= EVENTS ? ids : [...ids.slice(0, EVENTS / 2), ...ids.slice(-EVENTS / 2)]
}

/** `covers`: decisions on networks around the value. `next` is what the guards have left of the wish. */
export const settle = (next: Decision, known: Decision | undefined, covers: readonly Decision[]): Overlap => {
  const cover = covers.find(
    (d) => !d.simulated && strength(d.type) >= strength(next.type) && d.until >= next.until && d.type !== 'watch',
  )
  if (cover) return { kind: 'none', code: 'overlap.covered', text: `${cover.type} on ${cover.value} already covers it` }
  if (!known) return { kind: 'new', decision: next }

  if (known.simulated !== next.simulated) {
    if (next.simulated)
      return {
        kind: 'none',
        code: 'overlap.enforced',
        text: `an enforced ${known.type} is in force; nothing to simulate`,
      }
    return { kind: 'new', decision: next, replaced: known }
  }
  const more = strength(next.type) - strength(known.type)
  if (more < 0)
    return {
      kind: 'none',
      code: 'overlap.stronger',
      text: `a ${known.type} is in force for another ${formatDuration(known.until - next.startsAt)}; ${next.type} adds nothing`,
    }
  // A watch restrains nobody, so replacing it shortens nothing, and a long watch does not become a long ban.
  if (more > 0 && known.type === 'watch') return { kind: 'new', decision: next, replaced: known }
  if (more === 0 && next.until <= known.until)
    return { kind: 'none', code: 'overlap.longer', text: `a ${known.type} is in force until later already` }

  // A list that says the same again, every day perhaps, renews what it said, without a history of that.
  if (more === 0 && next.origin === known.origin && next.origin.startsWith('feed:'))
    return { kind: 'extended', decision: { ...next, id: known.id, startsAt: known.startsAt } }

  const until = Math.max(known.until, next.until)
  const note =
    more > 0
      ? because('overlap.strengthened', `${known.type} by ${known.scenario} became ${next.type} by ${next.scenario}`)
      : because('overlap.extended', `extended by ${next.scenario}: ${next.reason}`)
  const lead = more > 0 ? next : known
  const after = more > 0 ? known : next
  const reasons = [...lead.reasons.slice(0, REASONS - 9), note, ...after.reasons.slice(0, 8)]
  return {
    kind: more > 0 ? 'strengthened' : 'extended',
    decision: {
      ...lead,
      id: known.id,
      startsAt: known.startsAt,
      until,
      reasons: lead === known && known.reasons.length > 8 ? [...known.reasons.slice(0, REASONS - 1), note] : reasons,
      events: joined(known.events, next.events),
    },
  }
}
