/**
 * The `--json` forms: what programs read. Times are ISO 8601 in UTC, everything else is as in the core types.
 */

import type { Explanation } from '../../app/explain.ts'
import type { ReplaySummary } from '../../app/summary.ts'
import type { Act, AllowEntry } from '../../core/act.ts'
import type { Alert, Incident } from '../../core/alert.ts'
import type { Decision } from '../../core/decision.ts'
import { eventJson } from '../../core/event-json.ts'
import type { Finding } from '../../core/finding.ts'
import { iso } from '../../core/time.ts'
import type { Bouncer, PointState, Proof } from '../../kit/store.ts'
import type { Io } from '../io.ts'

/** Escapes what JSON allows raw and a terminal would obey: C1 controls and bidirectional marks. The value is unchanged. */
const TERMINAL = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

export const jsonText = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(TERMINAL, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

export const printJson = (io: Io, value: unknown): void => {
  io.out.write(`${jsonText(value)}\n`)
}

export const decisionJson = (d: Decision): Record<string, unknown> => ({
  ...d,
  startsAt: iso(d.startsAt),
  until: iso(d.until),
  ...(d.withdrawnAt === undefined ? {} : { withdrawnAt: iso(d.withdrawnAt) }),
})

export const alertJson = (a: Alert): Record<string, unknown> => ({
  ...a,
  startedAt: iso(a.startedAt),
  stoppedAt: iso(a.stoppedAt),
})

export const incidentJson = (i: Incident): Record<string, unknown> => ({
  ...i,
  openedAt: iso(i.openedAt),
  lastAt: iso(i.lastAt),
})

export const allowJson = (e: AllowEntry): Record<string, unknown> => ({
  ...e,
  addedAt: iso(e.addedAt),
  ...(e.expiresAt === undefined ? {} : { expiresAt: iso(e.expiresAt) }),
})

export const findingJson = (f: Finding): Record<string, unknown> => ({ ...f, at: iso(f.at) })

export const actJson = (a: Act & { readonly number: number; readonly hash: string }): Record<string, unknown> => ({
  ...a,
  at: iso(a.at),
})

/** The object that `replay --json` promises. */
export const summaryJson = (s: ReplaySummary): Record<string, unknown> => ({
  records: s.records,
  events: s.events,
  ignored: s.ignored,
  rejected: s.rejected,
  bytes: s.bytes,
  seconds: s.seconds,
  eventsPerSecond: s.seconds > 0 ? Math.round(s.events / s.seconds) : 0,
  alerts: s.alerts,
  incidents: s.incidents,
  decisions: s.decisions.map((d) => ({
    type: d.type,
    scope: d.scope,
    value: d.value,
    scenario: d.scenario,
    startsAt: iso(d.startsAt),
    until: iso(d.until),
    reason: d.reason,
    events: d.events,
    simulated: d.simulated,
    ...(d.withdrawnAt === undefined ? {} : { withdrawnAt: iso(d.withdrawnAt) }),
  })),
  rejectedReasons: s.rejectedReasons,
  clients: s.clients,
  dispositions: s.dispositions,
  attackClasses: s.attackClasses,
  spared: s.spared,
  findings: s.findings.map(findingJson),
})

export const explanationJson = (e: Explanation): Record<string, unknown> => ({
  record: e.record,
  format: e.format,
  raw: e.raw,
  ...(e.event ? { event: eventJson(e.event) } : {}),
  ...(e.rejection ? { rejection: e.rejection } : {}),
  ...(e.ignored === undefined ? {} : { ignored: e.ignored }),
  reasons: e.reasons,
  alerts: e.alerts.map(alertJson),
  decisions: e.decisions.map(decisionJson),
})

/** Times as ISO text, as everywhere. */
export const proofJson = ({ decision, requestedAt, appliedAt, verifiedAt, ...rest }: Proof) => ({
  ...rest,
  requestedAt: iso(requestedAt),
  ...(appliedAt === undefined ? {} : { appliedAt: iso(appliedAt), appliedAfterMs: appliedAt - requestedAt }),
  ...(verifiedAt === undefined ? {} : { verifiedAt: iso(verifiedAt), verifiedAfterMs: verifiedAt - requestedAt }),
})

export const pointJson = (point: PointState) => ({
  ...point,
  since: iso(point.since),
  at: iso(point.at),
  ...(point.appliedAt === undefined ? {} : { appliedAt: iso(point.appliedAt) }),
  ...(point.verifiedAt === undefined ? {} : { verifiedAt: iso(point.verifiedAt) }),
  ...(point.auditedAt === undefined ? {} : { auditedAt: iso(point.auditedAt) }),
})

/** Without the hash of its key. */
export const bouncerJson = ({ keyHash, delivery, addedAt, pulledAt, metrics, ...rest }: Bouncer) => ({
  ...rest,
  addedAt: iso(addedAt),
  pulledAt: pulledAt === undefined ? null : iso(pulledAt),
  metrics: metrics === undefined ? [] : (JSON.parse(metrics) as unknown),
})
