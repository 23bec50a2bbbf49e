import type { Remediation } from './decision.ts'
import type { AttackClass } from './event.ts'
import type { Millis } from './time.ts'

/** One entry of the audit trail: who did what to whom and why. Chained by hash in the store. */
export interface Act {
  readonly at: Millis
  /** `engine`, `cli:<user>`, `system`. */
  readonly actor: string
  /** Dotted verb, e.g. `decision.add`, `allowlist.remove`, `daemon.start`, `config.reload`, `budget.freeze`. */
  readonly verb: string
  /** The id or value acted on. */
  readonly subject: string
  readonly detail: Readonly<Record<string, string | number | boolean>>
}

/** An allowlist entry: a subject that is never remediated. */
export interface AllowEntry {
  /** Address, range (CIDR) or host name suffix of a forward-confirmed reverse name. */
  readonly value: string
  readonly kind: 'ip' | 'range' | 'host'
  readonly reason: string
  readonly addedAt: Millis
  readonly addedBy: string
  readonly expiresAt?: Millis
}

/** One line of somebody's list: until a moment, or for some time from when the command is carried out. */
export interface ImportEntry {
  /** As for `decision.add`. */
  readonly value: string
  readonly type: Remediation
  readonly duration?: Millis
  readonly until?: Millis
  readonly reason?: string
  readonly attackClass?: AttackClass
}

/** Entries that one command may carry: what fits into one commit without holding up the log. */
export const MOST_IMPORTED = 5000

/** What a person asked for; it enters by the store's inbox, so that a running daemon applies it between two batches. */
export type Command =
  | {
      readonly kind: 'decision.add'
      readonly type: 'watch' | 'throttle' | 'captcha' | 'ban'
      readonly value: string
      readonly duration: Millis
      readonly reason: string
    }
  | { readonly kind: 'decision.remove'; readonly value: string; readonly reason: string }
  | { readonly kind: 'allow.add'; readonly entry: Omit<AllowEntry, 'addedAt' | 'addedBy'> }
  | { readonly kind: 'allow.remove'; readonly value: string }
  /** `list` matches `[a-z0-9][a-z0-9._:-]{0,62}`; the decisions are of origin `feed:<list>`. */
  | { readonly kind: 'decision.import'; readonly list: string; readonly entries: readonly ImportEntry[] }
  /** Ends decisions of a list, all or those on `values`; at most `MOST_IMPORTED` at once, the answer tells what is left. */
  | {
      readonly kind: 'decision.withdraw'
      readonly list: string
      readonly values?: readonly string[]
      readonly reason: string
    }
  | {
      readonly kind: 'allow.import'
      readonly list: string
      readonly entries: readonly Omit<AllowEntry, 'addedAt' | 'addedBy'>[]
    }
  | { readonly kind: 'incident.close'; readonly id: string; readonly reason: string }
  /** A line for those who work the incident; kept in the audit trail. */
  | { readonly kind: 'incident.note'; readonly id: string; readonly text: string }
  | { readonly kind: 'budget.thaw'; readonly reason: string }
