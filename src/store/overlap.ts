/**
 * At most one decision holds per scope and value. The deciding room sees to it; this is the net below it, applied
 * inside the commit, and a unique column is the net below this one.
 *
 * A later decision that meets one still in force takes its place and is extended or strengthened to what it replaces,
 * never weaker or shorter; the earlier one is closed and names its successor. A simulated decision never displaces or
 * strengthens a real one: shadow mode must not change what is enforced.
 */
import { type Decision, decisionKey, REMEDIATIONS } from '../core/decision.ts'

export interface Settled {
  readonly decision: Decision
  /** True for the one that holds its scope and value. */
  readonly holds: boolean
}

const stronger = (a: Decision['type'], b: Decision['type']): Decision['type'] =>
  REMEDIATIONS.indexOf(a) >= REMEDIATIONS.indexOf(b) ? a : b

const closed = (loser: Decision, winner: Decision): Decision => ({
  ...loser,
  withdrawnAt: Math.max(loser.startsAt, winner.startsAt),
  withdrawnBy: `overlap:${winner.id}`,
})

const meet = (a: Decision, b: Decision): boolean => a.startsAt < b.until && b.startsAt < a.until

/** `stored` are those on the same places that hold them or could meet what comes; every row to write comes back. */
export const settle = (stored: readonly Settled[], incoming: readonly Decision[]): Settled[] => {
  const live = new Map<string, Decision>()
  const rows = new Map<string, Decision>()
  const write = (d: Decision) => {
    rows.set(d.id, d)
    if (d.withdrawnAt === undefined) live.set(d.id, d)
    else live.delete(d.id)
  }
  for (const { decision, holds } of stored) {
    if (decision.withdrawnAt === undefined) live.set(decision.id, decision)
    // Written again, because it may have to give up its place.
    if (holds) rows.set(decision.id, decision)
  }
  for (const next of incoming) {
    live.delete(next.id)
    write(next.withdrawnAt === undefined ? joined(next, [...live.values()], write) : next)
  }
  const last = new Map<string, Decision>()
  for (const d of live.values()) if (d.until > (last.get(decisionKey(d))?.until ?? 0)) last.set(decisionKey(d), d)
  // Also what was live before and holds its place only now, because its holder was withdrawn.
  for (const d of last.values()) rows.set(d.id, d)
  return [...rows.values()].map((decision) => ({
    decision,
    holds: last.get(decisionKey(decision))?.id === decision.id,
  }))
}

/** `next`, grown over all that it meets on its place; those are closed. Growing may make it meet more. */
const joined = (next: Decision, others: readonly Decision[], write: (d: Decision) => void): Decision => {
  const key = decisionKey(next)
  const left = new Set(others.filter((d) => decisionKey(d) === key))
  let grown = next
  for (;;) {
    const met = [...left].filter((d) => meet(d, grown))
    const real = met.find((d) => !d.simulated)
    if (real && grown.simulated) return closed(grown, real)
    const other = met[0]
    if (!other) return grown
    left.delete(other)
    if (other.simulated === grown.simulated)
      grown = { ...grown, until: Math.max(grown.until, other.until), type: stronger(grown.type, other.type) }
    write(closed(other, grown))
  }
}
