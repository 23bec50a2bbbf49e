/**
 * How far every decision got at every point: requested → applied → verified, for its block and for its end. Collected
 * here and written in batches, because a point reports faster than rows should be written one by one.
 * Entries of lists are proved as a set (`PointState`), not one by one: a million rows per point would tell nobody more.
 */
import type { Millis } from '../core/time.ts'
import type { Entry } from '../kit/sink.ts'
import type { Enforcement, Proof } from '../kit/store.ts'

export type ProofStep = 'requested' | 'applied' | 'verified'

export interface ProofBook {
  note(point: string, entry: Entry, act: Proof['act'], step: ProofStep, at: Millis): void
  trouble(point: string, entry: Entry, act: Proof['act'], text: string, at: Millis): void
  /** Told of each step as it is made; for those who measure. Call what is returned to hear no more. */
  onStep(listener: (proof: Proof) => void): () => void
  flush(): Promise<void>
}

/** Rows that are remembered so that a later step can be added to them. */
const REMEMBERED = 20_000

export const createProofBook = (store: Pick<Enforcement, 'prove'>): ProofBook => {
  const rows = new Map<string, Proof>()
  const unwritten = new Set<string>()
  const listeners = new Set<(proof: Proof) => void>()

  const put = (point: string, entry: Entry, act: Proof['act'], at: Millis, more: Partial<Proof>): void => {
    if (entry.origin.startsWith('feed:')) return
    const key = `${point} ${act} ${entry.id}`
    const proof: Proof = { requestedAt: at, ...rows.get(key), decision: entry.id, point, act, ...more }
    rows.delete(key)
    rows.set(key, proof)
    unwritten.add(key)
    for (const listener of listeners) listener(proof)
  }

  const forgetOldest = (): void => {
    for (const key of rows.keys()) {
      if (rows.size <= REMEMBERED) return
      if (!unwritten.has(key)) rows.delete(key)
    }
  }

  return {
    note(point, entry, act, step, at) {
      if (step === 'requested') {
        // A renewed request begins anew: what was proved before was proved of the shorter ban.
        rows.delete(`${point} ${act} ${entry.id}`)
        put(point, entry, act, at, { requestedAt: at })
      } else if (step === 'applied') put(point, entry, act, at, { appliedAt: at })
      else put(point, entry, act, at, { verifiedAt: at })
    },
    trouble: (point, entry, act, text, at) => put(point, entry, act, at, { trouble: text }),
    onStep(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async flush() {
      if (unwritten.size === 0) return
      const keys = [...unwritten]
      unwritten.clear()
      try {
        await store.prove(keys.flatMap((key) => rows.get(key) ?? []))
      } catch (error) {
        for (const key of keys) unwritten.add(key)
        throw error
      }
      forgetOldest()
    },
  }
}
