/** What a judgement or a command leads to; the pipeline commits it. */
import type { Act, AllowEntry } from '../core/act.ts'
import type { Decision } from '../core/decision.ts'
import type { Finding } from '../core/finding.ts'
import type { Subject } from '../core/subject.ts'

export interface Judged {
  /** Upserts by id: new, extended, strengthened or withdrawn. */
  readonly decisions: readonly Decision[]
  readonly acts: readonly Act[]
  readonly findings: readonly Finding[]
}

export interface Commanded extends Judged {
  readonly ok: boolean
  /** For the person who asked. */
  readonly text: string
  /** Null deletes. */
  readonly allowlist: readonly { readonly value: string; readonly entry: AllowEntry | null }[]
  /** Whose evidence and buckets are to be emptied. */
  readonly forget?: Subject
}
