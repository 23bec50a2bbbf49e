/**
 * What a sink is: an outside set that is kept equal to the decisions in force. The hub (`enforce/`) tells it the whole
 * set first and after every doubt, then changes; it asks the sink what the outside really holds, and repairs drift.
 *
 * Everything here is at least once and idempotent: the same entry may be added twice, an absent one removed.
 */
import type { Remediation } from '../core/decision.ts'
import type { AttackClass } from '../core/event.ts'
import type { Cidr } from '../core/ip.ts'
import type { Millis } from '../core/time.ts'
import type { Logger } from './logger.ts'

/**
 * One subject to be restrained. Nothing in it was written by a client: `value` is canonical, the rest are our words
 * (or, for `origin` and `scenario` of an import, names that matched `[a-z0-9][a-z0-9._:-]*`).
 */
export interface Entry {
  /** The decision's id, `d-` and 24 hex digits. Its reference code (`core/reference.ts`) is what visitors may see. */
  readonly id: string
  /** `192.0.2.7`, `192.0.2.0/24`, `2001:db8:1:2::/64`, `2001:db8::1`: canonical text, host bits clear, unique per roster. */
  readonly value: string
  readonly type: Remediation
  readonly attackClass: AttackClass
  readonly scenario: string
  readonly origin: string
  readonly startsAt: Millis
  readonly until: Millis
  /** Roster version at which the subject came into force, and at which it last changed (was extended, strengthened). */
  readonly since: number
  readonly version: number
}

/** Many entries, made one by one while they are read: a million at once would not fit. May be iterated more than once. */
export interface Entries extends Iterable<Entry> {
  readonly count: number
}

export type Change =
  /** Everything that is to hold; whatever else the sink's own set outside holds is to go. */
  | { readonly kind: 'snapshot'; readonly entries: Entries; readonly allow: readonly Cidr[] }
  /** `added` holds what is new or changed; a value is in `added` or in `removed`, never in both. */
  | {
      readonly kind: 'delta'
      readonly added: readonly Entry[]
      readonly removed: readonly Entry[]
      /** Present when the allowlist changed. */
      readonly allow?: readonly Cidr[]
    }

export interface Call {
  /** Stable over attempts. */
  readonly key: string
  readonly signal: AbortSignal
  readonly log: Logger
}

/** `unknown`: the outside cannot be asked about this one, or did not answer. */
export type Standing = 'enforced' | 'absent' | 'unknown'

export interface Sink {
  /** Remedies that this point can carry out; others never reach it. */
  readonly takes: readonly Remediation[]
  /** Most entries that it holds; of more, the hub sends the most dangerous and raises a finding. */
  readonly capacity?: number
  /** How long a change may take here in the best of health, because several go out together. Default 0. */
  readonly slack?: Millis
  /** Why this entry cannot be carried out here (IPv6 on a v4-only point); it then counts as withheld, not as lagging. */
  withholds?(entry: Entry): string | undefined
  /** Resolves when the outside has taken the change: applied. Throws a Failure; the hub retries, or starts anew with a snapshot. */
  sync(change: Change, call: Call): Promise<void>
  /** Read-back or probe, in the order given. The hub asks about what it just applied (enforced?) and removed (absent?). */
  verify(entries: readonly Entry[], call: Call): Promise<readonly Standing[]>
  /** Canonical values of all that the outside holds now, for finding drift; absent where it cannot be listed. */
  held?(call: Call): Promise<ReadonlySet<string>>
  /** A line for people on what the outside reports about itself (packets dropped, queries answered). */
  report?(call: Call): Promise<Readonly<Record<string, number | string>>>
  close(): Promise<void>
}
