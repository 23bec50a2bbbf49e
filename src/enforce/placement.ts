/** What of the roster goes to a point: what it takes, can express, and has room for, the most dangerous first. */
import { type Millis, SECOND } from '../core/time.ts'
import type { Entries, Entry, Sink } from '../kit/sink.ts'
import { dangerOf } from './danger.ts'
import type { ActiveRoster } from './roster.ts'

export interface Placement {
  /** Whether the entry belongs to this point now. */
  takes(entry: Entry): boolean
  /** Everything that belongs there; decides anew what there is room for. */
  place(): Entries
  /** True when something came that has no room: the point needs to be placed anew. */
  isOverfull(): boolean
  /** Not newer than a tenth of a millisecond per entry. */
  counts(): Counts
}

interface Counts {
  readonly wanted: number
  readonly withheld: number
  readonly dropped: number
}

/** So long only those gather changes whose changes are dear: canaries pass by, for measuring must not cost a reload a minute. */
const DEAR: Millis = 5 * SECOND

export const concerns = (sink: Pick<Sink, 'takes' | 'slack'>, { type, origin }: Entry): boolean =>
  sink.takes.includes(type) && !(origin === 'canary' && (sink.slack ?? 0) >= DEAR)

export const placement = (
  roster: ActiveRoster,
  sink: Pick<Sink, 'takes' | 'capacity' | 'withholds' | 'slack'>,
): Placement => {
  const capacity = sink.capacity ?? Number.POSITIVE_INFINITY
  const fits = (entry: Entry): boolean => concerns(sink, entry) && sink.withholds?.(entry) === undefined
  /** The least danger that still has room; 0 while everything has. */
  let least = 0
  let dropped = 0
  let counted: { readonly counts: Counts; readonly version: number; readonly again: number } | undefined
  const takes = (entry: Entry): boolean => fits(entry) && (least === 0 || dangerOf(entry) >= least)

  const rank = (): void => {
    least = 0
    dropped = 0
    if (roster.size <= capacity) return
    const dangers: number[] = []
    for (const entry of roster.active()) if (fits(entry)) dangers.push(dangerOf(entry))
    if (dangers.length <= capacity) return
    const sorted = Float64Array.from(dangers).sort()
    least = sorted[sorted.length - capacity]!
    // Entries of one import share a danger; all of the last rank are left out rather than some of them by chance.
    if (sorted[sorted.length - capacity - 1] === least) least = sorted.find((danger) => danger > least) ?? Infinity
    dropped = sorted.findLastIndex((danger) => danger < least) + 1
  }

  return {
    takes,
    isOverfull: () => roster.size > capacity,
    place() {
      rank()
      let count = 0
      for (const entry of roster.active()) if (takes(entry)) count++
      return {
        count,
        *[Symbol.iterator]() {
          for (const entry of roster.active()) if (takes(entry)) yield entry
        },
      }
    },
    counts() {
      // A look at a million entries takes half a second: not for every question of a status page.
      if (counted && (counted.version === roster.version || counted.again > Date.now())) return counted.counts
      let wanted = 0
      let withheld = 0
      for (const entry of roster.active()) {
        if (takes(entry)) wanted++
        else if (concerns(sink, entry) && sink.withholds?.(entry) !== undefined) withheld++
      }
      const counts = { wanted, withheld, dropped }
      counted = { counts, version: roster.version, again: Date.now() + roster.size / 10 }
      return counts
    },
  }
}
