/** Asks a point whether it does what it was told, until it does: the step from applied to verified. */
import { type Millis, SECOND } from '../core/time.ts'
import type { Call, Entry, Sink } from '../kit/sink.ts'
import type { ProofBook } from './proof-book.ts'

export interface Asked {
  readonly entry: Entry
  readonly act: 'block' | 'unblock'
}

export interface VerifierOptions {
  readonly name: string
  readonly sink: Pick<Sink, 'verify'>
  readonly proofs: ProofBook
  readonly clock: () => Millis
  call(): Call
  /** It does not do what it was told: tell it again. */
  again(entries: readonly Asked[]): void
  unproven(entry: Entry, act: Asked['act'], text: string): void
}

export interface Verifier {
  ask(entries: readonly Asked[]): void
  /** When the last proof came. */
  verifiedAt(): Millis | undefined
  /** When the question was first put that has waited longest; undefined when none is open. */
  oldest(): Millis | undefined
  stop(): void
}

interface Open extends Asked {
  readonly since: Millis
  tries: number
  due: Millis
}

const AT_ONCE = 200
/** Of a large change so many are asked about; the audit looks at all. */
const SAMPLE = 2000
/** After so many answers that say otherwise the point is told again. */
const TRIES = 6
/** A point that cannot tell is asked so often and then left alone. */
const PATIENCE = 12

export const createVerifier = (o: VerifierOptions): Verifier => {
  const open = new Map<string, Open>()
  let verifiedAt: Millis | undefined
  let timer: NodeJS.Timeout | undefined
  let working = false
  let stopped = false

  const arm = (): void => {
    if (working || stopped || open.size === 0) return
    const next = Math.min(...[...open.values()].slice(0, AT_ONCE).map((q) => q.due))
    clearTimeout(timer)
    timer = setTimeout(() => void turn(), Math.max(0, next - o.clock()))
  }

  const settle = (question: Open, standing: 'enforced' | 'absent' | 'unknown'): void => {
    const { entry, act } = question
    // A newer change of the same subject has taken the question's place.
    if (open.get(entry.value) !== question) return
    if (standing === (act === 'block' ? 'enforced' : 'absent')) {
      open.delete(entry.value)
      verifiedAt = o.clock()
      o.proofs.note(o.name, entry, act, 'verified', verifiedAt)
      return
    }
    question.tries++
    question.due = o.clock() + Math.min(5 * SECOND, 10 * 2 ** question.tries)
    // A ban that ended while we asked is no contradiction.
    if (act === 'block' && entry.until <= o.clock()) open.delete(entry.value)
    else if (standing === 'unknown' && question.tries >= PATIENCE) {
      open.delete(entry.value)
      o.unproven(entry, act, 'the point cannot tell whether it does')
    } else if (standing !== 'unknown' && question.tries % TRIES === 0) {
      o.unproven(entry, act, act === 'block' ? 'the point does not show it' : 'the point still shows it')
      o.again([question])
    }
  }

  const turn = async (): Promise<void> => {
    if (working || stopped) return
    working = true
    const now = o.clock()
    const due = [...open.values()].filter((q) => q.due <= now).slice(0, AT_ONCE)
    try {
      const standings =
        due.length === 0
          ? []
          : await o.sink.verify(
              due.map((q) => q.entry),
              o.call(),
            )
      for (const [i, question] of due.entries()) settle(question, standings[i] ?? 'unknown')
    } catch {
      for (const question of due) settle(question, 'unknown')
    }
    working = false
    arm()
  }

  return {
    ask(entries) {
      const now = o.clock()
      const step = Math.ceil(entries.length / SAMPLE)
      for (const [i, { entry, act }] of entries.entries())
        if (i % step === 0) open.set(entry.value, { entry, act, since: now, tries: 0, due: now })
      arm()
    },
    verifiedAt: () => verifiedAt,
    oldest: () => open.values().next().value?.since,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
