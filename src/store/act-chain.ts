/**
 * The audit trail's chain: each entry's hash covers the entry and the hash before it, so that whoever changes, removes
 * or inserts one must rewrite all that follow; the head is kept apart, so that cutting off the end shows too.
 * It shows tampering by those who cannot recompute the chain; it is no signature.
 */
import { hash } from 'node:crypto'
import type { Act } from '../core/act.ts'
import { packText, whole } from './packed-key.ts'

/** An act as its row holds it. `detail` is JSON with sorted keys: the exact text that the hash covers. */
export interface ActRow {
  readonly number: number
  readonly at: number
  readonly actor: string
  readonly verb: string
  readonly subject: string
  readonly detail: string
  readonly hash: string
}

export interface ChainHead {
  readonly number: number
  readonly hash: string
}

export const chainHash = (before: string, row: Omit<ActRow, 'hash'>): string =>
  hash(
    'sha256',
    `${before}${JSON.stringify([row.number, row.at, row.actor, row.verb, row.subject, row.detail])}`,
    'hex',
  )

export const chain = (head: ChainHead, acts: readonly Act[]): ActRow[] => {
  const rows: ActRow[] = []
  let { number, hash: before } = head
  for (const act of acts) {
    number++
    const fields = {
      number,
      at: whole(act.at),
      actor: packText(act.actor),
      verb: packText(act.verb),
      subject: packText(act.subject),
      detail: JSON.stringify(act.detail, Object.keys(act.detail).sort()),
    }
    before = chainHash(before, fields)
    rows.push({ ...fields, hash: before })
  }
  return rows
}

/** Checks rows handed over in ascending order; the number of the first that does not fit, or undefined. */
export const chainChecker = () => {
  let head: ChainHead = { number: 0, hash: '' }
  let brokenAt: number | undefined
  return {
    add(row: ActRow): void {
      if (brokenAt !== undefined) return
      if (row.number !== head.number + 1 || row.hash !== chainHash(head.hash, row)) brokenAt = head.number + 1
      else head = { number: row.number, hash: row.hash }
    },
    /** `kept` is the head that the ledger remembers. */
    end(kept: ChainHead): number | undefined {
      if (brokenAt !== undefined) return brokenAt
      if (head.number !== kept.number) return Math.min(head.number, kept.number) + 1
      return head.hash === kept.hash ? undefined : head.number
    },
  }
}
