/**
 * What a list holds, for those who write it out for another server. In: entries as the hub sends them. Out: rows that
 * zone-content.ts and the writers of data files read. Promised: every value is canonical and every reference has its
 * form, so that neither can break a zone; nothing special and nothing allowlisted is ever on it.
 */
import { createCidrSet } from '../core/cidr-set.ts'
import type { Remediation } from '../core/decision.ts'
import type { AttackClass } from '../core/event.ts'
import { type Cidr, parseCidr } from '../core/ip.ts'
import { keyOf, type NetworkKey, newKey } from '../core/network-key.ts'
import { NetworkTable } from '../core/network-table.ts'
import { referenceOf } from '../core/reference.ts'
import { specialNetwork } from '../core/special-networks.ts'
import type { Millis } from '../core/time.ts'
import { codeOf } from './rbl-codes.ts'
import type { ZoneIndex } from './zone-content.ts'

export interface Listable {
  readonly id: string
  readonly value: string
  readonly type: Remediation
  readonly attackClass: AttackClass
  readonly until: Millis
}

const REFERENCE = /^R-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$/

export class ListTable implements ZoneIndex {
  readonly #types: readonly Remediation[]
  readonly #table = new NetworkTable()
  readonly #references: string[] = []
  readonly #codes: number[] = []
  readonly #untils: Millis[] = []
  readonly #key = newKey()
  #spared = createCidrSet([])

  /** Entries of other types are not listed, and what becomes one goes. */
  constructor(types: readonly Remediation[]) {
    this.#types = types
  }

  get size(): number {
    return this.#table.size
  }

  /** Whom the list spares from now on. Returns the values on it that have to go; the caller takes them off. */
  spare(allow: readonly Cidr[]): readonly string[] {
    this.#spared = createCidrSet(allow)
    const touched: string[] = []
    for (const row of this.#table.rows())
      if (this.#spared.touchingKey(this.#table.key(row, this.#key))) touched.push(this.#table.text(row))
    return touched
  }

  /** False when the entry has no place on this list; then nothing of its value is on it any more. */
  put(entry: Listable): boolean {
    const cidr = parseCidr(entry.value)
    const reference = referenceOf(entry.id)
    const may =
      cidr?.text === entry.value &&
      this.#types.includes(entry.type) &&
      REFERENCE.test(reference) &&
      specialNetwork(cidr) === undefined &&
      this.#spared.touching(cidr) === undefined
    if (!may) {
      this.remove(entry.value)
      return false
    }
    const row = this.#table.insert(keyOf(cidr, this.#key))
    this.#references[row] = reference
    this.#codes[row] = codeOf(entry.attackClass)
    this.#untils[row] = entry.until
    return true
  }

  remove(value: string): void {
    const row = this.rowOf(value)
    if (row >= 0) this.#table.remove(row)
  }

  clear(): void {
    for (const row of this.#table.rows()) this.#table.remove(row)
  }

  /** The row of exactly this value, or -1. */
  rowOf(value: string): number {
    const cidr = parseCidr(value)
    return cidr?.text === value ? this.#table.find(keyOf(cidr, this.#key)) : -1
  }

  rows(): Iterable<number> {
    return this.#table.rows()
  }

  read(row: number, key: NetworkKey): void {
    this.#table.key(row, key)
  }

  find(key: NetworkKey): number {
    return this.#table.longest(key)
  }

  /** The row of the widest network around the key's; or -1. */
  widest(key: NetworkKey): number {
    let widest = -1
    this.#table.longest(key, (row) => {
      widest = row
      return false
    })
    return widest
  }

  value(row: number): string {
    return this.#table.text(row)
  }

  reference(row: number): string {
    return this.#references[row]!
  }

  code(row: number): number {
    return this.#codes[row]!
  }

  /** Seconds: `most`, or what is left of the entry's time; 1 at least. */
  ttl(row: number, most: number, now: Millis): number {
    return Math.max(1, Math.min(most, Math.floor((this.#untils[row]! - now) / 1000)))
  }
}
