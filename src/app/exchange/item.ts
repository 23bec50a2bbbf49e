/** What a reader finds in somebody else's list: an item, as it was written, or a piece that cannot be read. */
import type { Millis } from '../../core/time.ts'

/** One entry of a list. Nothing in it is believed yet: `judge.ts` makes of it what Riposte can use, or says why not. */
export interface Item {
  /** Where it stands: `12:3` (line and column), or `bips row 7`. */
  readonly place: string
  readonly value: string
  /** As CrowdSec names it: `Ip`, `Range`, `Country`, `AS`, …. */
  readonly scope?: string
  readonly type?: string
  /** Its end as text (a moment or a length of time, in whatever spelling), or as a moment; Infinity: without end. */
  readonly until?: string | Millis
  readonly reason?: string
  readonly attackClass?: string
  /** Decided there, but not enforced there. */
  readonly simulated?: boolean
  /** True when the source keeps it as somebody to be spared. */
  readonly spared?: boolean
  /** True when a host name there means the addresses that it leads to; here it means who is verified to have it. */
  readonly resolved?: boolean
}

export interface Broken {
  readonly place: string
  readonly problem: string
  readonly remedy: string
}

export type Found = Item | Broken

export const isBroken = (found: Found): found is Broken => 'problem' in found

/** Reads one kind of text, chunk by chunk; how it is cut into chunks makes no difference. */
export interface Reader {
  push(text: string): Iterable<Found>
  end(): Iterable<Found>
}
