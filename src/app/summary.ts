/** Adds up what a replay or a demo found. Counts only; it takes no part in what it counts. */
import type { Decision, Remediation } from '../core/decision.ts'
import type { AttackClass, Disposition, RejectionCode } from '../core/event.ts'
import type { Finding } from '../core/finding.ts'
import type { Reason } from '../core/reason.ts'
import type { Subject } from '../core/subject.ts'
import type { Millis } from '../core/time.ts'
import type { Commit } from '../kit/store.ts'
import type { Outcome } from '../pipeline/engine.ts'
import type { Observer } from '../pipeline/observer.ts'

export interface ReplaySummary {
  readonly records: number
  readonly events: number
  /** Deliberately no event, such as a start-up notice in an error log. */
  readonly ignored: number
  readonly rejected: number
  readonly rejectedReasons: Readonly<Partial<Record<RejectionCode, number>>>
  readonly bytes: number
  /** Wall time. */
  readonly seconds: number
  readonly alerts: number
  readonly incidents: number
  /** In the order in which they were made; the last version of each. */
  readonly decisions: readonly Decision[]
  /** Distinct client addresses. */
  readonly clients: number
  /** Log time of the first and last event; absent when there was none. */
  readonly firstAt?: Millis
  readonly lastAt?: Millis
  readonly dispositions: Readonly<Record<Disposition, number>>
  /** Events per class; an event of two classes counts in both. */
  readonly attackClasses: Readonly<Partial<Record<AttackClass, number>>>
  /** Whom a guard saved from what a scenario wanted. */
  readonly spared: readonly Spared[]
  readonly findings: readonly Finding[]
}

export interface Spared {
  readonly subject: Subject
  readonly wanted: Remediation
  /** What was done instead; absent: nothing. */
  readonly got?: Remediation
  readonly reason: Reason
}

export class Tallying implements Observer {
  readonly #decisions = new Map<string, Decision>()
  readonly #incidents = new Set<string>()
  readonly #clients = new Set<string>()
  readonly #spared = new Map<string, Spared>()
  readonly #findings = new Map<string, Finding>()
  readonly #dispositions: Record<Disposition, number> = { allowed: 0, detected: 0, blocked: 0 }
  readonly #classes: Partial<Record<AttackClass, number>> = {}
  readonly #rejected: Partial<Record<RejectionCode, number>> = {}
  #events = 0
  #ignored = 0
  #refused = 0
  #bytes = 0
  #alerts = 0
  #first = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY

  get records(): number {
    return this.#events + this.#ignored + this.#refused
  }

  get decisionCount(): number {
    return this.#decisions.size
  }

  read(bytes: number): void {
    this.#bytes += bytes
  }

  outcome(outcome: Outcome): void {
    if ('ignored' in outcome) this.#ignored++
    else if ('rejection' in outcome) {
      const { code } = outcome.rejection
      this.#refused++
      this.#rejected[code] = (this.#rejected[code] ?? 0) + 1
    } else {
      const { event } = outcome
      this.#events++
      this.#clients.add(event.clientIp)
      this.#dispositions[event.disposition]++
      for (const name of event.attackClasses) this.#classes[name] = (this.#classes[name] ?? 0) + 1
      if (event.time < this.#first) this.#first = event.time
      if (event.time > this.#last) this.#last = event.time
    }
  }

  /** A guard that objects says so under a `guard.` code; without one nobody was spared. */
  judged: Observer['judged'] = (alert, judged, reasons) => {
    const guard = reasons.findLast((reason) => reason.code.startsWith('guard.'))
    if (!guard || alert.verdict === 'watch') return
    const got = judged.decisions.find((decision) => decision.alert === alert.id)
    if (got?.type === alert.verdict) return
    const key = `${alert.subject.value}\0${guard.code}`
    if (!this.#spared.has(key))
      this.#spared.set(key, {
        subject: alert.subject,
        wanted: alert.verdict,
        ...(got ? { got: got.type } : {}),
        reason: guard,
      })
  }

  committed(commit: Commit): void {
    this.#alerts += commit.alerts.length
    for (const incident of commit.incidents) this.#incidents.add(incident.id)
    for (const decision of commit.decisions) this.#decisions.set(decision.id, decision)
    for (const finding of commit.findings) this.#findings.set(`${finding.code}\0${finding.subject}`, finding)
  }

  summary(seconds: number): ReplaySummary {
    return {
      records: this.records,
      events: this.#events,
      ignored: this.#ignored,
      rejected: this.#refused,
      rejectedReasons: this.#rejected,
      bytes: this.#bytes,
      seconds,
      alerts: this.#alerts,
      incidents: this.#incidents.size,
      decisions: [...this.#decisions.values()],
      clients: this.#clients.size,
      ...(this.#events > 0 ? { firstAt: this.#first, lastAt: this.#last } : {}),
      dispositions: this.#dispositions,
      attackClasses: this.#classes,
      spared: [...this.#spared.values()],
      findings: [...this.#findings.values()],
    }
  }
}
