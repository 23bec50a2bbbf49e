/** What a scenario says when its bucket overflows: the verdict that is left of its wish, the reasons, the alert. */
import type { Alert, Verdict } from '../core/alert.ts'
import { formatDuration } from '../core/duration.ts'
import type { Event } from '../core/event.ts'
import { derivedId } from '../core/id.ts'
import type { Reason } from '../core/reason.ts'
import type { Subject } from '../core/subject.ts'
import type { Standing } from './evidence-room.ts'
import { conductView } from './filter.ts'
import type { Opinion } from './opinion.ts'
import { rank, type Scenario } from './scenario.ts'
import { type Tally, worse } from './tally.ts'

export interface Ruling {
  readonly verdict: Verdict
  /** Why it is less than the scenario wants. */
  readonly because?: 'unconfirmed' | 'spared'
}

/** The verdict that the evidence and the actor's conduct leave of what the scenario wants. */
export const rulingOf = (
  scenario: Scenario,
  subject: Subject,
  standing: Standing | undefined,
  opinion: Opinion,
): Ruling => {
  const agreed = !scenario.requiresEvidence || (standing && rank(standing.verdict) >= rank(scenario.verdict))
  const verdict = agreed ? scenario.verdict : scenario.otherwise
  if (scenario.unless && verdict !== 'watch') {
    const conduct = opinion.conduct(subject)
    if (conduct && scenario.unless.test(conductView(conduct, standing))) return { verdict: 'watch', because: 'spared' }
  }
  return verdict === scenario.verdict ? { verdict } : { verdict, because: 'unconfirmed' }
}

/** Composed only for an alert: most overflows are held back. */
export const reasonOf = (
  ruling: Ruling,
  scenario: Scenario,
  subject: Subject,
  standing: Standing | undefined,
  opinion: Opinion,
): Reason | undefined => {
  if (ruling.because === 'unconfirmed') {
    const found = standing ? `${standing.verdict}, confidence ${Math.round(standing.confidence)}` : 'none'
    return {
      stage: 'correlate',
      code: 'scenario.unconfirmed',
      text: `wants ${scenario.verdict}, but the evidence on this client does not carry it (${found}): ${ruling.verdict}`,
    }
  }
  const conduct = ruling.because === 'spared' ? opinion.conduct(subject) : undefined
  if (!conduct) return undefined
  return {
    stage: 'correlate',
    code: 'scenario.spared',
    text: `spared because ${scenario.unless?.source}: ${conduct.requests} requests, ${conduct.clean} clean, ${conduct.userAgents} user agents, ${conduct.sessions} sessions`,
  }
}

export const reasonsOf = (scenario: Scenario, tally: Tally, extra: Reason | undefined): Reason[] => {
  const span = tally.last - tally.since
  const events = tally.seen === 1 ? '1 event' : `${tally.seen} events`
  const reasons: Reason[] = [
    {
      stage: 'correlate',
      code: `scenario.${scenario.name}`,
      text: `${scenario.summary}: ${events}${span > 0 ? ` in ${formatDuration(span)}` : ''} (${scenario.bucket.limit})`,
    },
    { stage: 'correlate', code: 'scenario.proves', text: scenario.proves },
  ]
  if (scenario.share)
    reasons.push({
      stage: 'correlate',
      code: 'scenario.share',
      text: 'worth sharing: it does not happen by accident',
    })
  if (extra) reasons.push(extra)
  return reasons
}

export const alertOf = (
  scenario: Scenario,
  subject: Subject,
  tally: Tally,
  verdict: Verdict,
  standing: Standing | undefined,
  event: Event,
  reasons: readonly Reason[],
  opinion: Opinion,
): Alert => {
  const now = Math.max(event.time, tally.last)
  const conduct = opinion.conduct(subject)
  const agreed = scenario.requiresEvidence && verdict === scenario.verdict && standing
  return {
    id: derivedId('a', scenario.name, subject.scope, subject.value, event.id),
    scenario: scenario.name,
    subject,
    sensor: event.sensor,
    startedAt: tally.since,
    stoppedAt: now,
    eventCount: tally.seen,
    events: tally.events,
    attackClasses: tally.classes,
    severity: worse(tally.severity, scenario.severity),
    confidence: agreed ? Math.max(scenario.confidence, Math.round(standing.confidence)) : scenario.confidence,
    verdict,
    ...(scenario.duration !== undefined && verdict === scenario.verdict ? { duration: scenario.duration } : {}),
    ...(scenario.escalate ? { escalate: true } : {}),
    ...(conduct ? { conduct } : {}),
    reasons,
  }
}
