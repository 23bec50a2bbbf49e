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

export const createOpinion = (evidence: EvidenceRoom | undefined): Opinion => {
  let now: Millis = 0
  const standings = new Map<string, Standing | undefined>()
  const conducts = new Map<string, Conduct | undefined>()
  return {
    renew(at) {
      now = at
      if (standings.size > 0) standings.clear()
      if (conducts.size > 0) conducts.clear()
    },
    standing(subject) {
      if (!evidence) return undefined
      if (!standings.has(subject.value)) standings.set(subject.value, evidence.standing(subject, now))
      return standings.get(subject.value)
    },
    conduct(subject) {
      if (!evidence) return undefined
      if (!conducts.has(subject.value)) conducts.set(subject.value, evidence.conduct(subject, now))
      return conducts.get(subject.value)
    },
  }
}
