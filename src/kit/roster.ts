/**
 * The roster: every decision in force, as those see it who enforce or answer questions. One row per subject. The API
 * and the bouncer dialect read it; only the hub writes it.
 */
import type { Cidr } from '../core/ip.ts'
import type { Millis } from '../core/time.ts'
import type { Entries, Entry } from './sink.ts'

/** A subject that is no longer restrained: it expired, was lifted, or became simulated or allowlisted. */
export interface Ended {
  readonly entry: Entry
  /** Roster version at which it ended. */
  readonly version: number
}

export interface RosterChange {
  readonly added: readonly Entry[]
  readonly ended: readonly Ended[]
}

export interface Roster {
  /** Rises with every change, over restarts too: the clock's milliseconds, made strictly rising. */
  readonly version: number
  readonly size: number
  readonly allow: readonly Cidr[]
  active(): Entries
  get(value: string): Entry | undefined
  /** The strongest entry that covers the address (itself, its /64, a range around it). */
  covering(ip: string, at: Millis): Entry | undefined
  /** Every entry that holds the whole of the address or network, the narrowest first. */
  holding(network: string, at: Millis): readonly Entry[]
  /** How many networks of more addresses than so many are to be restrained; watched ones aside. */
  widerThan(addresses: number): number
  /**
   * Net changes after `version`: each value at most once, as it stands now. `complete: false` when `version` is older
   * than what is remembered: then `added` is everything in force, and `ended` as far back as is known.
   */
  since(version: number): RosterChange & { readonly complete: boolean }
  /** Told after each change. Returns the way to stop listening. */
  onChange(listener: (change: RosterChange) => void): () => void
}
