/**
 * The roster: every decision in force, one row per subject, in typed arrays, because a million of them must fit beside
 * everything else. In: decisions as they are committed, and the clock (what has passed its end is no longer in force).
 * Out: the changes, to the hub's points and to those who ask. Promised: nothing that the gate refuses gets in, and
 * what it comes to refuse goes out; versions rise over restarts, so that a bouncer's place in the changes stays good.
 */
import { grown } from '../core/columns.ts'
import { type Decision, REMEDIATIONS } from '../core/decision.ts'
import { idAt, putId } from '../core/decision-id.ts'
import { ATTACK_CLASSES } from '../core/event.ts'
import { parseAddress } from '../core/ip.ts'
import { keyOf, keyOfText, newKey } from '../core/network-key.ts'
import { NetworkTable } from '../core/network-table.ts'
import { type Millis, SECOND } from '../core/time.ts'
import type { Ended, Roster, RosterChange } from '../kit/roster.ts'
import type { Entries, Entry } from '../kit/sink.ts'
import type { HeldDecision } from '../kit/store.ts'
import type { Gate } from './gate.ts'
import { createWords } from './words.ts'

/** Ended subjects that are remembered: beyond these a bouncer that was away gets the whole set again. */
const REMEMBERED = 50_000

const WATCH = REMEDIATIONS.indexOf('watch')
const CLASS_OF = new Map(ATTACK_CLASSES.map((name, i) => [name, i]))

/** Columns beside the table's own; ids are 96 bits. */
class Columns {
  until = new Float64Array(0)
  startsAt = new Float64Array(0)
  since = new Float64Array(0)
  version = new Float64Array(0)
  id = new Uint32Array(0)
  type = new Uint8Array(0)
  attackClass = new Uint8Array(0)
  scenario = new Uint16Array(0)
  origin = new Uint16Array(0)

  grow(capacity: number): void {
    this.until = grown(this.until, capacity)
    this.startsAt = grown(this.startsAt, capacity)
    this.since = grown(this.since, capacity)
    this.version = grown(this.version, capacity)
    this.id = grown(this.id, 3 * capacity)
    this.type = grown(this.type, capacity)
    this.attackClass = grown(this.attackClass, capacity)
    this.scenario = grown(this.scenario, capacity)
    this.origin = grown(this.origin, capacity)
  }
}

export class ActiveRoster implements Roster {
  readonly #columns = new Columns()
  readonly #table = new NetworkTable({ onGrow: (capacity) => this.#columns.grow(capacity) })
  readonly #words = createWords()
  readonly #ended = new Map<string, Ended>()
  readonly #listeners = new Set<(change: RosterChange) => void>()
  readonly #key = newKey()
  /** Ended subjects before this version are forgotten. */
  #floor = 0
  /** No subject ends before this. */
  #nextEnd = Number.POSITIVE_INFINITY
  #gate: Gate
  version = 0

  constructor(gate: Gate) {
    this.#gate = gate
  }

  get size(): number {
    return this.#table.size
  }

  get allow(): Gate['allow'] {
    return this.#gate.allow
  }

  /** One of those that were in force when the last daemon ended: all of them come before `resume`, one by one. */
  hold({ decision, changedAt }: HeldDecision, now: Millis): void {
    this.version = Math.max(this.version, changedAt)
    if (this.#isWanted(decision, now)) this.#put(decision, Math.min(decision.startsAt, changedAt), changedAt)
  }

  /** Begins, with all that ended since `endedSince`. */
  resume(ended: Iterable<HeldDecision>, endedSince: Millis, now: Millis): void {
    this.#floor = endedSince
    for (const { decision, changedAt } of ended) {
      this.version = Math.max(this.version, changedAt)
      if (this.get(decision.value) || decision.simulated) continue
      const version = decision.withdrawnAt === undefined ? decision.until : changedAt
      if (version <= now) this.#remember({ entry: this.#entryOf(decision, decision.startsAt, changedAt), version })
    }
    this.version = Math.max(this.version, now)
  }

  /** Decisions as committed: new, extended, ended. Returns what changed by them. */
  apply(decisions: readonly Decision[], now: Millis): RosterChange {
    if (decisions.length === 0) return { added: [], ended: [] }
    const added = new Map<string, Entry>()
    const ended = new Map<string, Ended>()
    const version = this.#nextVersion(now)
    for (const decision of decisions) {
      const row = this.#find(decision.value)
      if (this.#isWanted(decision, now)) {
        const since = row >= 0 ? this.#columns.since[row]! : version
        this.#put(decision, since, version)
        added.set(decision.value, this.get(decision.value)!)
        ended.delete(decision.value)
      } else if (row >= 0 && this.#idOf(row) === decision.id) {
        // An older decision that ends does not take away the newer one in its place.
        ended.set(decision.value, this.#end(row, version))
        added.delete(decision.value)
      }
    }
    return this.#tell({ added: [...added.values()], ended: [...ended.values()] })
  }

  /** Takes out what has passed its end. */
  expire(now: Millis): RosterChange {
    if (now < this.#nextEnd) return { added: [], ended: [] }
    const { until } = this.#columns
    const due: number[] = []
    this.#nextEnd = Number.POSITIVE_INFINITY
    for (const row of this.#table.rows())
      if (until[row]! <= now) due.push(row)
      else if (until[row]! < this.#nextEnd) this.#nextEnd = until[row]!
    if (due.length === 0) return { added: [], ended: [] }
    const version = this.#nextVersion(now)
    return this.#tell({ added: [], ended: due.map((row) => this.#end(row, version)) })
  }

  /** A new allowlist or configuration: whoever it spares goes out. */
  guard(gate: Gate, now: Millis): RosterChange {
    this.#gate = gate
    const spared = [...this.#table.rows()].filter((row) => gate.spares(this.#table.key(row, this.#key)))
    const version = this.#nextVersion(now)
    return this.#tell({ added: [], ended: spared.map((row) => this.#end(row, version)) })
  }

  active(): Entries {
    const roster = this
    return {
      count: this.size,
      *[Symbol.iterator]() {
        for (const row of roster.#table.rows()) yield roster.#entry(row)
      },
    }
  }

  get(value: string): Entry | undefined {
    const row = this.#find(value)
    return row < 0 ? undefined : this.#entry(row)
  }

  covering(ip: string, at: Millis): Entry | undefined {
    const address = parseAddress(ip)
    if (!address) return undefined
    keyOf({ text: ip, address, bits: address.kind() === 'ipv4' ? 32 : 128 }, this.#key)
    const { until, type } = this.#columns
    let strongest = -1
    // Every network around the address is looked at, from the longest on: a narrow watch must not hide a wide ban.
    this.#table.longest(this.#key, (row) => {
      if (until[row]! > at && (strongest < 0 || type[row]! > type[strongest]!)) strongest = row
      return false
    })
    return strongest < 0 ? undefined : this.#entry(strongest)
  }

  holding(network: string, at: Millis): readonly Entry[] {
    const rows: number[] = []
    const key = keyOfText(network, this.#key)
    if (key)
      this.#table.longest(key, (row) => {
        if (this.#columns.until[row]! > at) rows.push(row)
        return false
      })
    return rows.map((row) => this.#entry(row))
  }

  widerThan(addresses: number): number {
    const { type } = this.#columns
    const longest = 128 - Math.log2(addresses)
    let found = 0
    for (const row of this.#table.rows()) if (this.#table.bits(row) < longest && type[row]! !== WATCH) found++
    return found
  }

  since(version: number): RosterChange & { readonly complete: boolean } {
    if (version >= this.version) return { added: [], ended: [], complete: true }
    const complete = version >= this.#floor
    const { version: versions } = this.#columns
    const added: Entry[] = []
    for (const row of this.#table.rows()) if (!complete || versions[row]! > version) added.push(this.#entry(row))
    const ended = [...this.#ended.values()].filter((end) => end.version > version)
    return { added, ended, complete }
  }

  onChange(listener: (change: RosterChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #isWanted(decision: Decision, now: Millis): boolean {
    if (decision.withdrawnAt !== undefined || decision.simulated || decision.until <= now) return false
    const key = keyOfText(decision.value, this.#key)
    return key !== undefined && !this.#gate.spares(key)
  }

  #nextVersion(now: Millis): number {
    this.version = Math.max(this.version + 1, now)
    return this.version
  }

  #find(value: string): number {
    const key = keyOfText(value, this.#key)
    return key ? this.#table.find(key) : -1
  }

  #put(decision: Decision, since: number, version: number): void {
    const key = keyOfText(decision.value, this.#key)
    if (!key) return
    const row = this.#table.insert(key)
    const c = this.#columns
    c.until[row] = decision.until
    this.#nextEnd = Math.min(this.#nextEnd, decision.until)
    c.startsAt[row] = decision.startsAt
    c.since[row] = since
    c.version[row] = version
    c.type[row] = REMEDIATIONS.indexOf(decision.type)
    c.attackClass[row] = CLASS_OF.get(decision.attackClass ?? 'other')!
    c.scenario[row] = this.#words.numberOf(decision.scenario)
    c.origin[row] = this.#words.numberOf(decision.origin)
    putId(c.id, row, decision.id)
    this.#ended.delete(decision.value)
  }

  #end(row: number, version: number): Ended {
    const ended = { entry: this.#entry(row), version }
    this.#table.remove(row)
    this.#remember(ended)
    return ended
  }

  #remember(ended: Ended): void {
    this.#ended.delete(ended.entry.value)
    this.#ended.set(ended.entry.value, ended)
    if (this.#ended.size <= REMEMBERED) return
    const [oldest] = this.#ended
    this.#ended.delete(oldest![0])
    this.#floor = Math.max(this.#floor, oldest![1].version)
  }

  #idOf(row: number): string {
    return idAt(this.#columns.id, row)
  }

  #entry(row: number): Entry {
    const c = this.#columns
    return {
      id: this.#idOf(row),
      value: this.#table.text(row),
      type: REMEDIATIONS[c.type[row]!]!,
      attackClass: ATTACK_CLASSES[c.attackClass[row]!]!,
      scenario: this.#words.word(c.scenario[row]!),
      origin: this.#words.word(c.origin[row]!),
      startsAt: c.startsAt[row]!,
      until: c.until[row]!,
      since: c.since[row]!,
      version: c.version[row]!,
    }
  }

  #entryOf(decision: Decision, since: number, version: number): Entry {
    const { id, value, type, scenario, origin, startsAt, until, attackClass = 'other' } = decision
    return { id, value, type, attackClass, scenario, origin, startsAt, until, since, version }
  }

  #tell(change: RosterChange): RosterChange {
    if (change.added.length > 0 || change.ended.length > 0) for (const listener of this.#listeners) listener(change)
    return change
  }
}

/** How often the roster is asked for what has passed its end. */
export const EXPIRE_EVERY: Millis = SECOND / 4
