/**
 * What has happened since the last commit. `take` fills it, `seal` turns it into one Commit.
 * Later versions of the same incident, decision or finding replace earlier ones: only the last is written.
 */
import type { Act } from '../core/act.ts'
import type { Alert, Incident } from '../core/alert.ts'
import type { Decision } from '../core/decision.ts'
import type { Event, Rejection, RejectionCode } from '../core/event.ts'
import type { Finding } from '../core/finding.ts'
import type { Millis } from '../core/time.ts'
import type { Cursor } from '../kit/source.ts'
import type { Commit, RejectionSample, Tally } from '../kit/store.ts'
import type { Commanded, Judged } from './rooms.ts'

interface Counts {
  bytes: number
  records: number
  events: number
  ignored: number
  untrustedHeaders: number
  lostBytes: number
  rejected: Partial<Record<RejectionCode, number>>
}

type Origin = { readonly sensor: string; readonly source: string }

/** Rejections are counted all, kept as samples only so many: a log of garbage must not become a database of garbage. */
const SAMPLES = 20

export class Batch {
  #logTime: Millis = 0
  #records = 0
  #weight = 0
  readonly #cursors = new Map<string, Cursor>()
  #events: Event[] = []
  #alerts: Alert[] = []
  readonly #incidents = new Map<string, Incident>()
  readonly #decisions = new Map<string, Decision>()
  #allowlist: Commanded['allowlist'][number][] = []
  readonly #tallies = new Map<string, Tally & Counts>()
  #samples: RejectionSample[] = []
  readonly #findings = new Map<string, Finding>()
  #acts: Act[] = []
  #answers: Commit['answers'][number][] = []

  /** Records taken since the last seal. */
  get records(): number {
    return this.#records
  }

  get empty(): boolean {
    return this.#weight === 0
  }

  get logTime(): Millis {
    return this.#logTime
  }

  #counts(lane: Origin): Counts {
    this.#weight++
    const key = `${lane.sensor}\0${lane.source}`
    let counts = this.#tallies.get(key)
    if (!counts) {
      counts = {
        sensor: lane.sensor,
        source: lane.source,
        bytes: 0,
        records: 0,
        events: 0,
        ignored: 0,
        untrustedHeaders: 0,
        lostBytes: 0,
        rejected: {},
      }
      this.#tallies.set(key, counts)
    }
    return counts
  }

  bytes(lane: Origin, read: number): void {
    this.#counts(lane).bytes += read
  }

  lost(lane: Origin, bytes: number): void {
    this.#counts(lane).lostBytes += bytes
  }

  ignored(lane: Origin): void {
    const counts = this.#counts(lane)
    counts.records++
    counts.ignored++
    this.#records++
  }

  rejected(lane: Origin, rejection: Rejection): void {
    const counts = this.#counts(lane)
    counts.records++
    counts.rejected[rejection.code] = (counts.rejected[rejection.code] ?? 0) + 1
    this.#records++
    if (this.#samples.length < SAMPLES) this.#samples.push({ at: this.#logTime, sensor: lane.sensor, ...rejection })
  }

  event(lane: Origin, time: Millis, untrustedHeaders: number): void {
    const counts = this.#counts(lane)
    counts.records++
    counts.events++
    counts.untrustedHeaders += untrustedHeaders
    this.#records++
    if (time > this.#logTime) this.#logTime = time
  }

  keep(event: Event): void {
    this.#events.push(event)
  }

  alert(alert: Alert, incident: Incident): void {
    this.#alerts.push(alert)
    this.#incidents.set(incident.id, incident)
  }

  incident(incident: Incident, act: Act): void {
    this.#weight++
    this.#incidents.set(incident.id, incident)
    this.#acts.push(act)
  }

  judged(judged: Judged): void {
    for (const decision of judged.decisions) this.#decisions.set(decision.id, decision)
    for (const finding of judged.findings) this.finding(finding)
    for (const act of judged.acts) this.act(act)
  }

  allowlisted(changes: Commanded['allowlist']): void {
    this.#allowlist.push(...changes)
  }

  answer(command: number, ok: boolean, text: string): void {
    this.#weight++
    this.#answers.push({ command, ok, text })
  }

  act(act: Act): void {
    this.#weight++
    this.#acts.push(act)
  }

  finding(finding: Finding): void {
    this.#weight++
    this.#findings.set(`${finding.code}\0${finding.subject}`, finding)
  }

  cursor(cursor: Cursor): void {
    this.#weight++
    this.#cursors.set(`${cursor.source}\0${cursor.stream}`, cursor)
  }

  /** Hands everything over as one commit and starts anew. The caller adds what the rooms remember and what they forgot. */
  seal(at: Millis, state: Commit['state'], forgotten?: Millis): Commit {
    const commit: Commit = {
      at,
      logTime: this.#logTime,
      cursors: [...this.#cursors.values()],
      events: this.#events,
      alerts: this.#alerts,
      incidents: [...this.#incidents.values()],
      decisions: [...this.#decisions.values()],
      allowlist: this.#allowlist,
      state,
      tallies: [...this.#tallies.values()],
      rejections: this.#samples,
      findings: [...this.#findings.values()],
      acts: this.#acts,
      answers: this.#answers,
      ...(forgotten === undefined ? {} : { forgotten }),
    }
    this.#records = 0
    this.#weight = 0
    this.#cursors.clear()
    this.#events = []
    this.#alerts = []
    this.#incidents.clear()
    this.#decisions.clear()
    this.#allowlist = []
    this.#tallies.clear()
    this.#samples = []
    this.#findings.clear()
    this.#acts = []
    this.#answers = []
    return commit
  }
}
