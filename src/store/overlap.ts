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
  const live = new Places()
  const rows = new Map<string, Decision>()
  const write = (d: Decision) => {
    rows.set(d.id, d)
    if (d.withdrawnAt === undefined) live.set(d)
    else live.delete(d)
  }
  for (const { decision, holds } of stored) {
    if (decision.withdrawnAt === undefined) live.set(decision)
    // Written again, because it may have to give up its place.
    if (holds) rows.set(decision.id, decision)
  }
  for (const next of incoming) {
    live.delete(next)
    write(next.withdrawnAt === undefined ? joined(next, live.on(next), write) : next)
  }
  const last = new Map<string, Decision>()
  for (const d of live.all()) if (d.until > (last.get(decisionKey(d))?.until ?? 0)) last.set(decisionKey(d), d)
  // Also what was live before and holds its place only now, because its holder was withdrawn.
  for (const d of last.values()) rows.set(d.id, d)
  return [...rows.values()].map((decision) => ({
    decision,
    holds: last.get(decisionKey(decision))?.id === decision.id,
  }))
}

/** Decisions by place, so that the thousands of one commit do not each look at all the others. */
class Places {
  readonly #places = new Map<string, Map<string, Decision>>()

  on(place: Decision): Decision[] {
    return [...(this.#places.get(decisionKey(place))?.values() ?? [])]
  }

  set(d: Decision): void {
    const key = decisionKey(d)
    const there = this.#places.get(key)
    if (there) there.set(d.id, d)
    else this.#places.set(key, new Map([[d.id, d]]))
  }

  delete(d: Decision): void {
    this.#places.get(decisionKey(d))?.delete(d.id)
  }

  *all(): IterableIterator<Decision> {
    for (const there of this.#places.values()) yield* there.values()
  }
}

/** `next`, grown over all that it meets on its place; those are closed. Growing may make it meet more. */
const joined = (next: Decision, others: readonly Decision[], write: (d: Decision) => void): Decision => {
  const left = new Set(others)
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
