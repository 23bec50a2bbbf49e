/**
 * Decisions by the network that they are on, at most one on each, about 60 bytes a row in typed arrays, because an
 * imported list may bring a million. What a decision says beyond its place and times is kept as text: one for all that
 * say the same, as the entries of a list do, and one of its own where the engine gave its reasons.
 *
 * The store fills it at a restart and the deciding room goes on with it; neither ever holds all of it as objects.
 */
import { grown } from '../core/columns.ts'
import type { Decision, Origin, Remediation } from '../core/decision.ts'
import { idAt, idWord, isDecisionId, putId } from '../core/decision-id.ts'
import { keyOfText, type NetworkKey, newKey } from '../core/network-key.ts'
import { NetworkTable } from '../core/network-table.ts'
import type { Millis } from '../core/time.ts'
import { type OwnPart, readShared, type SharedPart, sharedText, splitText } from './decision-text.ts'

/** What many rows may have in common. */
interface Kind {
  readonly text: string
  readonly type: Remediation
  readonly simulated: boolean
  readonly origin: Origin
}

/** Kinds that are looked up before a new one is made: lists come with a few, engines with one for each decision. */
const SHARED_KINDS = 4096

export class DecisionTable {
  #startsAt = new Float64Array(0)
  #until = new Float64Array(0)
  /** 96 bits: `d-` and 24 hex digits. Any other id goes with what is shared, shared by nobody. */
  #id = new Uint32Array(0)
  readonly #kind: (Kind | undefined)[] = []
  readonly #networks: NetworkTable
  readonly #key = newKey()
  readonly #kinds = new Map<string, Kind>()
  /** Read last: the neighbours of a row mostly are of its kind. */
  #shared: { readonly of: Kind; readonly part: SharedPart } | undefined
  #watches = 0

  /** `expected`: how many are to come, where that is known: what grows in steps leaves holes in the process's memory. */
  constructor(expected = 0) {
    this.#networks = new NetworkTable({
      onGrow: (capacity) => {
        this.#startsAt = grown(this.#startsAt, capacity)
        this.#until = grown(this.#until, capacity)
        this.#id = grown(this.#id, 3 * capacity)
      },
      capacity: Math.max(1024, Math.ceil(1.1 * expected)),
    })
  }

  get size(): number {
    return this.#networks.size
  }

  /** How many of them only watch. */
  get watches(): number {
    return this.#watches
  }

  /** The row of the decision on exactly this network; -1 where there is none. */
  find(value: string): number {
    const key = keyOfText(value, this.#key)
    return key ? this.#networks.find(key) : -1
  }

  /** -1 where there is none. */
  findId(id: string): number {
    if (!isDecisionId(id)) return -1
    const [a, b, c] = [idWord(id, 0), idWord(id, 1), idWord(id, 2)]
    const ids = this.#id
    for (const row of this.#networks.rows())
      if (ids[3 * row] === a && ids[3 * row + 1] === b && ids[3 * row + 2] === c) return row
    return -1
  }

  /** Rows of the networks that contain `key`, itself included, the narrowest first. */
  around(key: NetworkKey): number[] {
    const rows: number[] = []
    this.#networks.longest(key, (row) => {
      rows.push(row)
      return false
    })
    return rows
  }

  rows(): IterableIterator<number> {
    return this.#networks.rows()
  }

  key(row: number, key: NetworkKey): NetworkKey {
    return this.#networks.key(row, key)
  }

  startsAt(row: number): Millis {
    return this.#startsAt[row]!
  }

  until(row: number): Millis {
    return this.#until[row]!
  }

  type(row: number): Remediation {
    return this.#kind[row]!.type
  }

  isSimulated(row: number): boolean {
    return this.#kind[row]!.simulated
  }

  origin(row: number): Origin {
    return this.#kind[row]!.origin
  }

  decision(row: number): Decision {
    const kind = this.#kind[row]!
    if (this.#shared?.of !== kind) this.#shared = { of: kind, part: readShared(kind.text) }
    return {
      id: idAt(this.#id, row),
      value: this.#networks.text(row),
      startsAt: this.startsAt(row),
      until: this.until(row),
      ...this.#shared.part,
    }
  }

  /** Takes the place of whatever stands on its network. */
  put(decision: Decision): void {
    this.#put(decision, sharedText(decision))
  }

  /** The same from a decision's text (`decisionText`). */
  putText(text: string): void {
    const { own, shared } = splitText(text)
    this.#put(own, shared)
  }

  remove(row: number): void {
    if (this.type(row) === 'watch') this.#watches--
    this.#kind[row] = undefined
    this.#networks.remove(row)
  }

  /** Drops what ended at `until` or before, of those origins. */
  forget(until: Millis, ofOrigin: (origin: Origin) => boolean = () => true): void {
    for (const row of this.#networks.rows())
      if (this.#until[row]! <= until && ofOrigin(this.origin(row))) this.remove(row)
  }

  #put({ id, value, startsAt, until }: OwnPart, shared: string): void {
    const key = keyOfText(value, this.#key)
    // Not among decisions that we made; what somebody else wrote into the store is no place to restrain.
    if (!key) return
    const ours = isDecisionId(id)
    const row = this.#networks.insert(key)
    if (this.#kind[row]?.type === 'watch') this.#watches--
    const kind = this.#kindOf(ours ? shared : `"id":${JSON.stringify(id)},${shared}`)
    if (kind.type === 'watch') this.#watches++
    this.#kind[row] = kind
    this.#startsAt[row] = startsAt
    this.#until[row] = until
    if (ours) putId(this.#id, row, id)
    else this.#id.fill(0, 3 * row, 3 * row + 3)
  }

  #kindOf(shared: string): Kind {
    const known = this.#kinds.get(shared)
    if (known) return known
    // A copy, for the text may be a piece of a larger one that would be kept with it.
    const text = Buffer.from(shared).toString()
    const { type, simulated, origin } = readShared(text)
    const kind: Kind = { text, type, simulated, origin }
    if (this.#kinds.size >= SHARED_KINDS) this.#kinds.clear()
    this.#kinds.set(text, kind)
    return kind
  }
}
