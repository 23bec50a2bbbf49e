/**
 * The store's ports, one per owner. SQLite and PostgreSQL pass the same contract suite.
 * `Ledger.commit` is the one writer of everything that ingest produces: one transaction, all or nothing.
 */
import type { Act, AllowEntry, Command } from '../core/act.ts'
import type { Alert, Incident } from '../core/alert.ts'
import type { Decision } from '../core/decision.ts'
import type { Event, RawRef, RejectionCode, Severity } from '../core/event.ts'
import type { Finding } from '../core/finding.ts'
import type { Millis } from '../core/time.ts'
import type { Trigger } from '../core/trigger.ts'
import type { DecisionTable } from './decision-table.ts'
import type { Cursor } from './source.ts'
import type { StateRow } from './state.ts'

/** What one source of one sensor did since the last commit. The ledger's account adds up: records = events + rejected + ignored. */
export interface Tally {
  readonly sensor: string
  readonly source: string
  readonly bytes: number
  readonly records: number
  readonly events: number
  readonly ignored: number
  readonly rejected: Readonly<Partial<Record<RejectionCode, number>>>
  /** Client headers from peers that are no trusted proxy: read, counted, not believed. */
  readonly untrustedHeaders: number
  /** Bytes known to have been destroyed before we could read them. */
  readonly lostBytes: number
}

export interface RejectionSample {
  readonly at: Millis
  readonly sensor: string
  readonly code: RejectionCode
  readonly text: string
  readonly raw: RawRef
}

export interface Commit {
  /** The clock's time of the commit. */
  readonly at: Millis
  /** The newest log time seen so far. */
  readonly logTime: Millis
  readonly cursors: readonly Cursor[]
  /** Only those worth keeping. */
  readonly events: readonly Event[]
  readonly alerts: readonly Alert[]
  /** Upserts by id. */
  readonly incidents: readonly Incident[]
  /** Upserts by id. */
  readonly decisions: readonly Decision[]
  /** Upserts and deletions; null entry deletes. */
  readonly allowlist: readonly { readonly value: string; readonly entry: AllowEntry | null }[]
  readonly state: readonly StateRow[]
  readonly tallies: readonly Tally[]
  readonly rejections: readonly RejectionSample[]
  /** Upserts by code + subject. */
  readonly findings: readonly Finding[]
  readonly acts: readonly Act[]
  /** What playbooks may answer of it. */
  readonly triggers?: readonly Trigger[]
  /** Inbox commands that this commit carries out, with their outcome for whoever waits. */
  readonly answers: readonly { readonly command: number; readonly ok: boolean; readonly text: string }[]
  /** Decisions that ended at this log time or before are no longer remembered: a restart does not bring them back. */
  readonly forgotten?: Millis
}

export const emptyCommit = (at: Millis): Commit => ({
  at,
  logTime: 0,
  cursors: [],
  events: [],
  alerts: [],
  incidents: [],
  decisions: [],
  allowlist: [],
  state: [],
  tallies: [],
  rejections: [],
  findings: [],
  acts: [],
  answers: [],
})

/** What a daemon needs to go on as if it had never stopped. */
export interface Restored {
  readonly logTime: Millis
  readonly cursors: readonly Cursor[]
  readonly state: readonly StateRow[]
  /** Those that hold their network, until they are withdrawn or forgotten; over or not, by whatever clock. */
  readonly decisions: DecisionTable
  readonly incidents: readonly Incident[]
  readonly allowlist: readonly AllowEntry[]
  readonly findings: readonly Finding[]
}

export interface Ledger {
  restore(): Promise<Restored>
  /** All or nothing. On failure the caller keeps the batch and retries, or exits; nothing is half-done. */
  commit(commit: Commit): Promise<void>
}

export interface Inbox {
  /** Puts a command before the daemon; resolves to its number. */
  ask(command: Command, by: string, at: Millis): Promise<number>
  /** Commands not yet answered, oldest first. */
  pending(): Promise<
    readonly { readonly number: number; readonly command: Command; readonly by: string; readonly at: Millis }[]
  >
  answer(number: number): Promise<{ readonly ok: boolean; readonly text: string } | undefined>
}

export interface EventQuery {
  readonly clientIp?: string
  readonly ids?: readonly string[]
  readonly since?: Millis
  readonly until?: Millis
  readonly minSeverity?: Severity
  readonly limit: number
}

/** What people and read-side rooms ask. Never writes, never blocks the writer. */
export interface Archive {
  events(query: EventQuery): Promise<readonly Event[]>
  alerts(query: {
    readonly subject?: string
    readonly ids?: readonly string[]
    readonly since?: Millis
    readonly limit: number
  }): Promise<readonly Alert[]>
  incidents(query: {
    readonly id?: string
    readonly subject?: string
    readonly open?: boolean
    readonly limit: number
  }): Promise<readonly Incident[]>
  decisions(query: {
    readonly id?: string
    readonly value?: string
    readonly activeAt?: Millis
    readonly limit: number
  }): Promise<readonly Decision[]>
  allowlist(): Promise<readonly AllowEntry[]>
  findings(): Promise<readonly Finding[]>
  /** The account per sensor and source, summed over all commits. */
  tallies(): Promise<readonly Tally[]>
  rejections(limit: number): Promise<readonly RejectionSample[]>
  acts(limit: number): Promise<readonly (Act & { readonly number: number; readonly hash: string })[]>
  /** Re-computes the hash chain; the number of the first entry that does not fit, or undefined. */
  verifyActs(): Promise<{ readonly checked: number; readonly brokenAt?: number }>
  cursors(): Promise<readonly Cursor[]>
  /** Newest log time, schema version, size, row counts, oldest event kept (the retention watermark). */
  status(): Promise<StoreStatus>
}

export interface StoreStatus {
  readonly engine: 'sqlite' | 'postgres'
  readonly schema: number
  readonly logTime: Millis
  readonly bytes: number
  readonly rows: Readonly<Record<'events' | 'alerts' | 'incidents' | 'decisions' | 'acts', number>>
  readonly watermark: {
    readonly oldestEvent: Millis | undefined
    readonly droppedEvents: number
    readonly droppedAt: Millis | undefined
  }
}

/** How far a decision got at one enforcement point. The act `unblock` begins when the decision ends, by whatever cause. */
export interface Proof {
  readonly decision: string
  readonly point: string
  readonly act: 'block' | 'unblock'
  readonly requestedAt: Millis
  /** The point took it. */
  readonly appliedAt?: Millis
  /** The point was asked, and does it. */
  readonly verifiedAt?: Millis
  /** Why it is not further, or why it is withheld from this point. */
  readonly trouble?: string
}

/** One enforcement point as it was last seen, for people who ask from another process. */
export interface PointState {
  readonly name: string
  readonly kind: string
  readonly state: 'starting' | 'steady' | 'working' | 'down'
  readonly since: Millis
  /** Entries that should be in force there, and that the point said it holds. */
  readonly wanted: number
  readonly held?: number
  readonly withheld: number
  /** Beyond the point's capacity. */
  readonly dropped: number
  readonly drift: number
  readonly appliedAt?: Millis
  /** The last proof of one change, and of everything: of a point that cannot be listed, of a sample. */
  readonly verifiedAt?: Millis
  readonly auditedAt?: Millis
  readonly trouble?: string
  readonly report?: Readonly<Record<string, number | string>>
  readonly at: Millis
}

/** A bouncer's key and what was delivered to it. The key itself is never stored. */
export interface Bouncer {
  readonly name: string
  /** SHA-512, hex. */
  readonly keyHash: string
  readonly addedAt: Millis
  /** Set by its requests. */
  readonly type?: string
  readonly version?: string
  readonly address?: string
  readonly pulledAt?: Millis
  /** What the endpoint remembers about delivery; its own JSON. */
  readonly delivery?: string
  /** Last usage metrics, as sent, checked and cut to size; JSON. */
  readonly metrics?: string
}

/** What those who enforce keep. Writes here never wait for, nor hold up, a commit for long. */
export interface Enforcement {
  /** Upserts by decision, point and act. */
  prove(proofs: readonly Proof[]): Promise<void>
  proofs(decision: string): Promise<readonly Proof[]>
  /** Replaces the list of points. */
  putPoints(points: readonly PointState[]): Promise<void>
  points(): Promise<readonly PointState[]>
  putBouncers(bouncers: readonly Bouncer[]): Promise<void>
  /** Only those that are there still, with the same key: what a daemon remembers does not bring a removed one back. */
  updateBouncers(bouncers: readonly Bouncer[]): Promise<void>
  removeBouncer(name: string): Promise<boolean>
  bouncers(): Promise<readonly Bouncer[]>
  /** Decisions that were withdrawn by a commit at or after `since` (the clock's time of the commit), the latest first. */
  endedLately(since: Millis, limit: number): Promise<readonly HeldDecision[]>
  /** Every decision in force at `at`, or to come, one by one. */
  eachHeld(at: Millis, visit: (held: HeldDecision) => void): Promise<void>
}

/** A decision, and the clock's time of the commit that last wrote it. */
export interface HeldDecision {
  readonly decision: Decision
  readonly changedAt: Millis
}

/** A trigger as it was committed, not looked at yet. */
export interface Triggered {
  readonly number: number
  readonly trigger: Trigger
}

/** A playbook that is to answer a trigger. */
export interface Queued {
  readonly number: number
  readonly playbook: string
  /** Those about the same one are answered one after the other. */
  readonly about: string
  readonly state: 'waiting' | 'running' | 'dead'
  readonly trigger: Trigger
  /** Triggers that it stands for: those that came while it waited were merged into it. */
  readonly merged: number
  readonly at: Millis
  readonly changedAt: Millis
  /** The run that was started for it. */
  readonly run?: string
  /** Why it is dead. */
  readonly trouble?: string
}

/** A question that a run waits with. */
export interface Approval {
  /** Unique, and not to be guessed. */
  readonly id: string
  readonly run: string
  readonly step: string
  readonly playbook: string
  readonly ask: string
  readonly quorum: number
  readonly expiresAt: Millis
  readonly default: 'approve' | 'reject'
  readonly askedAt: Millis
  readonly votes: readonly { readonly by: string; readonly approve: boolean; readonly at: Millis }[]
  /** Set once, by the votes or by time. */
  readonly outcome?: 'approved' | 'rejected'
}

/** From a commit to the runs that answer it. */
export interface Outbox {
  triggered(limit: number): Promise<readonly Triggered[]>
  /**
   * In one transaction: those triggers are done, and these wait instead. Where `coalesce`, one that waits already for the
   * same playbook and subject becomes `mergedTrigger` of the two.
   */
  enqueue(
    done: readonly number[],
    entries: readonly {
      readonly playbook: string
      readonly about: string
      readonly coalesce: boolean
      readonly trigger: Trigger
    }[],
    at: Millis,
  ): Promise<void>
  /** Decisions that came to their end since this was last asked, as triggers, in the same transaction. */
  expire(now: Millis): Promise<number>
  /** The oldest that wait, of each playbook and subject the first, and only where none of these is running. */
  startable(limit: number, except?: readonly string[]): Promise<readonly Queued[]>
  /** How many are running. */
  underWay(): Promise<number>
  queued(query: {
    readonly state?: Queued['state']
    readonly runs?: readonly string[]
    readonly number?: number
    readonly limit: number
  }): Promise<readonly Queued[]>
  /** Writes state, run, trouble and trigger of those that are there still. */
  requeue(queued: readonly Queued[]): Promise<void>
  /** How many there were. */
  dequeue(numbers: readonly number[]): Promise<number>
  putApproval(approval: Approval): Promise<void>
  /** Adds a vote where nothing is decided; undefined when there is no such question, or this person has voted. */
  vote(id: string, by: string, approve: boolean, at: Millis): Promise<Approval | undefined>
  /** Decides a question that is open still; the approval as it then stands, undefined when there is none. */
  settleApproval(id: string, outcome: NonNullable<Approval['outcome']>): Promise<Approval | undefined>
  /** Decided lately, and perhaps not known yet to the run that asked. */
  answered(limit: number): Promise<readonly Approval[]>
  /** Its run knows the answer. */
  heard(id: string): Promise<void>
  approvals(query: {
    readonly id?: string
    readonly run?: string
    /** Those that may still be answered at that time. */
    readonly openAt?: Millis
    readonly limit: number
  }): Promise<readonly Approval[]>
  /** Forgets what had to be answered before then. */
  trimApprovals(before: Millis): Promise<void>
}

export interface Retention {
  /** Drops events older than `maxAge`, then the oldest beyond `maxBytes`; moves the watermark; never touches what an active decision cites. */
  trim(policy: {
    readonly maxAge: Millis
    readonly maxBytes: number
    readonly now: Millis
  }): Promise<{ readonly dropped: number }>
}

export interface Store extends Ledger, Inbox, Archive, Enforcement, Outbox, Retention {
  /** Takes the daemon's seat: true when no other living daemon has it. Freed by `close` and by the death of the process. */
  claim(): Promise<boolean>
  close(): Promise<void>
}
