/**
 * What a filter may read of an event: a flat, typed, read-only view. One view object is reused for every event,
 * and its members are computed when an expression asks, so that a clean event pays for nothing.
 */
import type { Event } from '../core/event.ts'
import { type Evidence, evidenceOf } from './own-rules.ts'

/** Variable name to CEL type, with the words that the reference page and "did you mean" use. */
export const EVENT_VARIABLES = {
  method: 'string',
  host: 'string',
  path: 'string',
  query: 'string',
  uri: 'string',
  user_agent: 'string',
  status: 'int',
  client: 'string',
  sensor: 'string',
  /** Classes of the evidence: neither score keeping nor our own enforcement counts. */
  classes: 'list<string>',
  tags: 'list<string>',
  /** Where rules matched, e.g. `ARGS:q`. */
  variables: 'list<string>',
  /** Rule family = rule id / 1000: 942 for SQL injection. */
  families: 'list<int>',
  matched: 'bool',
  blocked: 'bool',
  /** The request carried a session cookie or credentials. */
  has_session: 'bool',
  severity: 'string',
  threat_score: 'double',
  /** CRS's own score; 0 when the log does not carry it. */
  anomaly_score: 'double',
} as const

export type EventVariable = keyof typeof EVENT_VARIABLES

export class EventView implements Record<EventVariable, unknown> {
  #event!: Event
  #evidence: Evidence | undefined

  show(event: Event, evidence: Evidence | undefined): this {
    this.#event = event
    this.#evidence = evidence
    return this
  }

  get event(): Event {
    return this.#event
  }

  get #seen(): Evidence {
    this.#evidence ??= evidenceOf(this.#event)
    return this.#evidence
  }

  get method(): string {
    return this.#event.request.method
  }
  get host(): string {
    return this.#event.request.host
  }
  get path(): string {
    return this.#event.request.path
  }
  get query(): string {
    return this.#event.request.query
  }
  get uri(): string {
    return this.#event.request.uri
  }
  get user_agent(): string {
    return this.#event.request.userAgent
  }
  get status(): bigint {
    return BigInt(this.#event.response.status)
  }
  get client(): string {
    return this.#event.clientIp
  }
  get sensor(): string {
    return this.#event.sensor
  }
  get classes(): readonly string[] {
    return this.#seen.classes
  }
  get tags(): readonly string[] {
    return [...new Set(this.#seen.matches.flatMap((m) => m.tags))]
  }
  get variables(): readonly string[] {
    return this.#seen.matches.flatMap((m) => m.variable ?? [])
  }
  get families(): readonly bigint[] {
    return [...new Set(this.#seen.matches.map((m) => Math.floor(m.ruleId / 1000)))].map(BigInt)
  }
  get matched(): boolean {
    return this.#seen.matches.length > 0
  }
  get blocked(): boolean {
    return this.#event.disposition === 'blocked'
  }
  get has_session(): boolean {
    return this.#event.session !== undefined
  }
  get severity(): string {
    return this.#event.severity
  }
  get threat_score(): number {
    return this.#event.threatScore
  }
  get anomaly_score(): number {
    return this.#event.anomalyScore ?? 0
  }
}
