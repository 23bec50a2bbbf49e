/**
 * The rounds of the canary: how far each got, and which link of the chain is silent.
 *
 *   enters   sent, answered, decided, each step at each point, the clock
 *   leaves   findings: no answer from the site; answered but never read; decided but not enforced at a point
 *   promise  each silence is told of once, and once when it has ended
 */
import { formatDuration } from '../core/duration.ts'
import type { Finding } from '../core/finding.ts'
import type { Millis } from '../core/time.ts'
import type { Proof } from '../kit/store.ts'
import { canaryDecision } from './ear.ts'

export interface RoundsOptions {
  finding(finding: Finding): void
  wasUnmatched(nonce: string): boolean
}

export interface Rounds {
  /** `until`: when the ban ends that it is to bring. */
  sent(sensor: string, nonce: string, at: Millis, until: Millis): void
  /** The site's status code, or why there was none. */
  answered(nonce: string, how: number | string): void
  /** The canary's decision is durable; `enforced` is false in shadow mode. */
  decided(decision: string, enforced: boolean): void
  step(proof: Proof): void
  /** Closes what is over by now. */
  tick(now: Millis): void
}

interface Round {
  readonly sensor: string
  readonly sentAt: Millis
  /** When its ban ends: whoever has not heard of it by then will not. */
  readonly until: Millis
  answer?: number | string
  /** Absent until it is. */
  decided?: 'enforced' | 'simulated'
  /** Points that were asked to enforce it, and whether they said that they do. */
  readonly points: Map<string, boolean>
}

export const createRounds = ({ finding, wasUnmatched }: RoundsOptions): Rounds => {
  /** By nonce, and by the id of the decision that is to come. */
  const open = new Map<string, Round>()
  const byDecision = new Map<string, Round>()
  const silent = new Set<string>()

  const tell = (code: string, subject: string, now: Millis, trouble?: { text: string; remedy: string }): void => {
    const key = `${code} ${subject}`
    if (silent.has(key) === (trouble !== undefined)) return
    if (trouble) silent.add(key)
    else silent.delete(key)
    const words = trouble ?? { text: 'the canary gets through again', remedy: 'Nothing to do.' }
    finding({ code, level: 'error', subject, ...words, at: now, ...(trouble ? {} : { cleared: true }) })
  }

  const close = (nonce: string, { sensor, sentAt, until, answer, decided, points }: Round, now: Millis) => {
    const waited = formatDuration(until - sentAt)
    if (decided !== undefined) {
      tell('canary.no_answer', sensor, now)
      tell('canary.not_read', sensor, now)
      if (decided === 'simulated') return
      for (const [point, isApplied] of points)
        tell(
          'canary.not_enforced',
          point,
          now,
          isApplied
            ? undefined
            : {
                text: `the canary of ${sensor} was decided, and not enforced here within ${waited}`,
                remedy: 'See riposte points: it is down, or has not asked since.',
              },
        )
      return
    }
    if (typeof answer !== 'number') {
      tell('canary.no_answer', sensor, now, {
        text: `the site does not answer the canary (${answer ?? 'no answer'})`,
        remedy: 'Check url and address of its canary:, and that the site runs.',
      })
      return
    }
    tell('canary.no_answer', sensor, now)
    tell('canary.not_read', sensor, now, {
      text: wasUnmatched(nonce)
        ? 'the canary was logged, but no rule matched it'
        : `the site answered the canary with ${answer}, but no record of it was read within ${waited}`,
      remedy: wasUnmatched(nonce)
        ? 'Check that SecRuleEngine is on for this site, and that rules are loaded.'
        : 'Check that ModSecurity is on for this site, that SecAuditEngine logs what rules match, and the sources of this sensor.',
    })
  }

  return {
    sent(sensor, nonce, at, until) {
      const round: Round = { sensor, sentAt: at, until, points: new Map() }
      open.set(nonce, round)
      byDecision.set(canaryDecision(sensor, nonce), round)
    },
    answered(nonce, how) {
      const round = open.get(nonce)
      if (round) round.answer = how
    },
    decided(decision, enforced) {
      const round = byDecision.get(decision)
      if (round) round.decided = enforced ? 'enforced' : 'simulated'
    },
    step({ decision, point, act, appliedAt, verifiedAt, trouble }) {
      const round = act === 'block' ? byDecision.get(decision) : undefined
      if (!round) return
      if (appliedAt === undefined && verifiedAt === undefined && trouble?.startsWith('withheld') === true)
        round.points.delete(point)
      else round.points.set(point, appliedAt !== undefined || verifiedAt !== undefined)
    },
    tick(now) {
      for (const [nonce, round] of open) {
        if (now < round.until) continue
        open.delete(nonce)
        byDecision.delete(canaryDecision(round.sensor, nonce))
        close(nonce, round, now)
      }
    },
  }
}
