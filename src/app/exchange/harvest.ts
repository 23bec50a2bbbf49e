/**
 * What is left of a list when every entry was judged: one row per subject, folded as the ledger would fold them (the
 * stronger type, then the longer time), in typed arrays, because a list may have a million.
 */

import type { ImportEntry } from '../../core/act.ts'
import { grown } from '../../core/columns.ts'
import { REMEDIATIONS } from '../../core/decision.ts'
import { ATTACK_CLASSES } from '../../core/event.ts'
import { parseCidr } from '../../core/ip.ts'
import { keyOf, newKey } from '../../core/network-key.ts'
import { NetworkTable } from '../../core/network-table.ts'
import type { Millis } from '../../core/time.ts'
import type { AllowWish, DecisionWish } from './judge.ts'
import { exactText } from './network-text.ts'

/** Different reasons that are kept; a list with a different text on every line is told apart by its name only. */
const MOST_REASONS = 100_000

const TYPE_OF = new Map(REMEDIATIONS.map((name, i) => [name, i]))
const CLASS_OF = new Map(ATTACK_CLASSES.map((name, i) => [name, i + 1]))

export class Harvest {
  #until = new Float64Array(0)
  /** 1 + index of the remediation; 0 marks a row that was not filled yet. */
  #type = new Uint8Array(0)
  /** 1 + index of the attack class; 0: none. */
  #class = new Uint8Array(0)
  /** Index of the reason; 0: none. */
  #reason = new Uint32Array(0)
  readonly #table = new NetworkTable({
    onGrow: (capacity) => {
      this.#until = grown(this.#until, capacity)
      this.#type = grown(this.#type, capacity)
      this.#class = grown(this.#class, capacity)
      this.#reason = grown(this.#reason, capacity)
    },
  })
  readonly #key = newKey()
  readonly #reasons: (string | undefined)[] = [undefined]
  readonly #reasonOf = new Map<string, number>()
  readonly #allowances = new Map<string, AllowWish>()
  /** Decisions whose reason was not kept. */
  reasonless = 0

  /** Decisions. */
  get size(): number {
    return this.#table.size
  }

  /** Returns false when the subject was there already; it then holds what is stronger, or else longer. */
  add(wish: DecisionWish): boolean {
    const row = this.#table.insert(keyOf(wish.cidr, this.#key))
    const type = TYPE_OF.get(wish.type)! + 1
    const known = this.#type[row]!
    if (known > type || (known === type && this.#until[row]! >= wish.until)) return false
    // A watch restrains nobody: a long watch must not become a long ban. Else the longest time stands.
    const until = known > 1 ? Math.max(this.#until[row]!, wish.until) : wish.until
    this.#until[row] = until
    this.#type[row] = type
    this.#class[row] = wish.attackClass === undefined ? 0 : CLASS_OF.get(wish.attackClass)!
    this.#reason[row] = this.#reasonNumber(wish.reason)
    return known === 0
  }

  /** Returns false when it was there already; without end is longer than any end. */
  allow(wish: AllowWish): boolean {
    const known = this.#allowances.get(wish.value)
    const lasts = (one: AllowWish): Millis => one.expiresAt ?? Number.POSITIVE_INFINITY
    if (!known || lasts(wish) > lasts(known)) this.#allowances.set(wish.value, wish)
    return known === undefined
  }

  get allowances(): ReadonlyMap<string, AllowWish> {
    return this.#allowances
  }

  /** In the order of their texts: an index of the store takes neighbours at the cost of one, a million strays at that of as many pages. */
  *batches(size: number): IterableIterator<readonly ImportEntry[]> {
    const texts = new Map<string, number>()
    for (const row of this.#table.rows()) texts.set(exactText(parseCidr(this.#table.text(row))!), row)
    let batch: ImportEntry[] = []
    for (const value of [...texts.keys()].sort()) {
      batch.push(this.#entry(value, texts.get(value)!))
      if (batch.length < size) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }

  #entry(value: string, row: number): ImportEntry {
    const reason = this.#reasons[this.#reason[row]!]
    const attackClass = ATTACK_CLASSES[this.#class[row]! - 1]
    return {
      value,
      type: REMEDIATIONS[this.#type[row]! - 1]!,
      until: this.#until[row]!,
      ...(reason === undefined ? {} : { reason }),
      ...(attackClass === undefined ? {} : { attackClass }),
    }
  }

  #reasonNumber(reason: string | undefined): number {
    if (reason === undefined) return 0
    const known = this.#reasonOf.get(reason)
    if (known !== undefined) return known
    if (this.#reasons.length > MOST_REASONS) {
      this.reasonless++
      return 0
    }
    // A copy: a piece of a chunk would keep the whole chunk alive.
    const own = Buffer.from(reason).toString()
    this.#reasonOf.set(own, this.#reasons.length)
    return this.#reasons.push(own) - 1
  }
}
