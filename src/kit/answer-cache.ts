/**
 * Answers of a service that counts what it is asked: kept for a while, also the answer "never heard of it", and no more
 * new questions in a day than its quota allows. In memory: a restart may ask again, and never asks more than the quota
 * per run of the daemon.
 */
import { Failure } from '../core/failure.ts'
import { DAY, type Millis } from '../core/time.ts'

export interface AnswerCacheOptions {
  readonly name: string
  readonly keep: Millis
  readonly perDay: number
  readonly clock: () => Millis
}

export interface AnswerCache<Answer> {
  /** The answer that is kept, or a new one. Throws the Failure `QUOTA_USED_UP`, never to be retried, when the day's questions are used up. */
  get(key: string, ask: () => Promise<Answer>): Promise<Answer>
  readonly left: number
}

const MOST = 10_000

export const createAnswerCache = <Answer>({ name, keep, perDay, clock }: AnswerCacheOptions): AnswerCache<Answer> => {
  const kept = new Map<string, { readonly answer: Answer; readonly at: Millis }>()
  const asking = new Map<string, Promise<Answer>>()
  let asked: Millis[] = []

  const left = (): number => {
    const since = clock() - DAY
    asked = asked.filter((at) => at > since)
    return perDay - asked.length
  }

  const fresh = async (key: string, ask: () => Promise<Answer>): Promise<Answer> => {
    if (left() <= 0)
      throw new Failure('QUOTA_USED_UP', `the ${perDay} questions a day to ${name} are used up`, {
        remedy: 'Raise quota: of this connector if your plan allows more; the playbook goes on without the answer.',
      })
    asked.push(clock())
    const answer = await ask()
    if (kept.size >= MOST) kept.delete(kept.keys().next().value!)
    kept.set(key, { answer, at: clock() })
    return answer
  }

  return {
    get(key, ask) {
      const known = kept.get(key)
      if (known && clock() - known.at < keep) return Promise.resolve(known.answer)
      kept.delete(key)
      // Two that ask at once get one answer for one question.
      const going = asking.get(key) ?? fresh(key, ask).finally(() => asking.delete(key))
      asking.set(key, going)
      return going
    },
    get left() {
      return left()
    },
  }
}
