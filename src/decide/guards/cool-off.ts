/**
 * After a person has lifted a decision, automation leaves the address alone for a while: nothing is worse than an
 * unban that lasts a second. Only what is nearly proof (a Log4Shell hit, a touched honeytoken) overrides it.
 */
import { formatDuration } from '../../core/duration.ts'
import type { Subject } from '../../core/subject.ts'
import type { Millis } from '../../core/time.ts'
import type { StateSpace } from '../../kit/state.ts'
import { because, type Guard } from '../candidate.ts'

export interface CoolOffOptions {
  readonly duration: Millis
  /** Alert confidence, 0 to 100, from which on the cool-off does not hold. */
  readonly proof: number
}

export interface CoolOff extends Guard {
  begin(subject: Subject, at: Millis): void
}

export const coolOff = (options: CoolOffOptions, state: StateSpace): CoolOff => {
  const table = state.table<Millis>('decide/cool-off')
  const keyOf = (subject: Subject) => `${subject.scope} ${subject.value}`
  return {
    name: 'cool-off',
    passes: 'no person has lifted a decision on it lately',
    begin(subject, at) {
      table.put(keyOf(subject), at + options.duration, at + options.duration)
    },
    rule({ subject, alert, type, at }) {
      if (!alert || type === 'watch' || alert.confidence >= options.proof) return undefined
      const until = table.get(keyOf(subject), at)
      if (until === undefined || until <= at) return undefined
      return {
        kind: 'weaken',
        to: 'watch',
        reason: because(
          'guard.cool_off',
          `a person lifted a decision on ${subject.value}; automation waits another ${formatDuration(until - at)}`,
        ),
      }
    },
  }
}
