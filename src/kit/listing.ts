/**
 * The list that a server holds which knows nothing but a list: who is to be restrained, and under which reference code.
 * In: the changes of the hub. Out: what a file or a map has to hold. Promised: every value is canonical, every reference
 * has its form, so that neither can break a file; nothing special and nothing allowlisted is ever on it.
 */
import { createCidrSet } from '../core/cidr-set.ts'
import type { Remediation } from '../core/decision.ts'
import { parseCidr } from '../core/ip.ts'
import { referenceOf } from '../core/reference.ts'
import { specialNetwork } from '../core/special-networks.ts'
import type { Change, Entry } from './sink.ts'

const REFERENCE = /^R-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$/

/** What a change did to the list: each value once, with its reference, or undefined when it is gone. */
export type Difference = ReadonlyMap<string, string | undefined>

export class Listing implements Iterable<readonly [value: string, reference: string]> {
  readonly #types: readonly Remediation[]
  readonly #references = new Map<string, string>()
  #spared = createCidrSet([])

  /** Entries of other types are not listed, and what becomes one goes. */
  constructor(types: readonly Remediation[]) {
    this.#types = types
  }

  get size(): number {
    return this.#references.size
  }

  get(value: string): string | undefined {
    return this.#references.get(value)
  }

  [Symbol.iterator](): Iterator<readonly [value: string, reference: string]> {
    return this.#references[Symbol.iterator]()
  }

  /** Of a snapshot the difference is everything; what it no longer holds is not told. */
  take(change: Change): Difference {
    const difference = new Map<string, string | undefined>()
    if (change.kind === 'snapshot') this.#references.clear()
    if (change.allow) {
      this.#spared = createCidrSet(change.allow)
      for (const value of this.#references.keys()) if (!this.#may(value)) this.#drop(value, difference)
    }
    if (change.kind === 'delta') for (const { value } of change.removed) this.#drop(value, difference)
    for (const entry of change.kind === 'snapshot' ? change.entries : change.added) {
      const reference = this.#types.includes(entry.type) ? this.#referenceFor(entry) : undefined
      if (reference === undefined) this.#drop(entry.value, difference)
      else {
        this.#references.set(entry.value, reference)
        difference.set(entry.value, reference)
      }
    }
    return difference
  }

  #drop(value: string, difference: Map<string, string | undefined>): void {
    this.#references.delete(value)
    // A value that is not canonical never was on a list, and must not reach a command that takes it off.
    if (parseCidr(value)?.text === value) difference.set(value, undefined)
  }

  #referenceFor(entry: Entry): string | undefined {
    const reference = referenceOf(entry.id)
    return REFERENCE.test(reference) && this.#may(entry.value) ? reference : undefined
  }

  #may(value: string): boolean {
    const cidr = parseCidr(value)
    return cidr?.text === value && specialNetwork(cidr) === undefined && this.#spared.touching(cidr) === undefined
  }
}
