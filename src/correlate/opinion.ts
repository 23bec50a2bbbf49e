/** What the evidence says of an actor at one event: asked by several scenarios, computed once. */
import type { Conduct } from '../core/alert.ts'
import type { Subject } from '../core/subject.ts'
import type { Millis } from '../core/time.ts'
import type { EvidenceRoom, Standing } from './evidence-room.ts'

export interface Opinion {
  /** Another event has come: what was computed is out of date. */
  renew(now: Millis): void
  standing(subject: Subject): Standing | undefined
  conduct(subject: Subject): Conduct | undefined
}

/** Remembers the last answer only: nearly always it is the client itself that is asked for. */
const once = <T>(ask: (subject: Subject) => T | undefined) => {
  let of: string | undefined
  let answer: T | undefined
  return {
    renew: () => {
      of = undefined
    },
    get: (subject: Subject): T | undefined => {
      if (of !== subject.value) {
        answer = ask(subject)
        of = subject.value
      }
      return answer
    },
  }
}

export const createOpinion = (evidence: EvidenceRoom | undefined): Opinion => {
  let now: Millis = 0
  const standing = once((subject) => evidence?.standing(subject, now))
  const conduct = once((subject) => evidence?.conduct(subject, now))
  return {
    renew(at) {
      now = at
      standing.renew()
      conduct.renew()
    },
    standing: standing.get,
    conduct: conduct.get,
  }
}
