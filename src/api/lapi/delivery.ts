/**
 * What one bouncer has been given, and what it is to get next.
 *
 * The client never says that it got an answer, and after its first one it never asks for the whole set again; so an
 * answer counts as received only when the next request comes over the same connection (HTTP/1.1: it has read the one
 * before). Over another connection the last answer may be lost, and its window is sent again, which is harmless: each
 * subject is sent as it stands now. Clients that close every connection get each window twice, not for ever.
 *
 * The whole set goes out newest first, in portions where the client is slow with many: what is left over, the backlog,
 * is named by the last entry sent. News always goes out first.
 */
import type { Roster } from '../../kit/roster.ts'
import type { Entry } from '../../kit/sink.ts'
import type { Dialect } from './dialect.ts'

/** Entries are ordered by version, then id, the newest first. */
export interface Place {
  readonly version: number
  readonly id: string
}

const newestFirst = (a: Place, b: Place): number => b.version - a.version || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** How far a client is: it has all changes up to `version`, and of the older entries those before `backlog`. */
export interface Mark {
  readonly version: number
  /** Older entries than this are still to be sent. */
  readonly backlog?: Place
}

/** JSON in the store. */
export interface Delivery {
  /** Received for certain; absent before the first answer. */
  readonly confirmed?: Mark
  /** Answers written since, the latest last: at most two. */
  readonly pending: readonly Mark[]
}

export const NOTHING_DELIVERED: Delivery = { pending: [] }

export const isMark = (value: unknown): value is Mark =>
  typeof value === 'object' && value !== null && Number.isFinite((value as Mark).version)

export const readDelivery = (text: string | undefined): Delivery => {
  try {
    const read = JSON.parse(text ?? '') as Delivery
    if (Array.isArray(read.pending) && read.pending.every(isMark) && (!read.confirmed || isMark(read.confirmed)))
      return read
  } catch {
    // A row that cannot be read is as good as none: the client gets everything again.
  }
  return NOTHING_DELIVERED
}

/** What a request tells about the answers before it. */
export const received = (delivery: Delivery, sameConnection: boolean): Delivery => {
  const [first, last = first] = delivery.pending
  if (sameConnection && last) return { confirmed: last, pending: [] }
  if (delivery.pending.length < 2 || !first || !last) return delivery
  return { confirmed: common(first, last), pending: [last] }
}

/** What is certain when either of two answers, but not both, may have been lost. */
const common = (a: Mark, b: Mark): Mark => {
  const version = Math.min(a.version, b.version)
  const backlogs = [a.backlog, b.backlog].filter((place) => place !== undefined).sort(newestFirst)
  return { version, ...(backlogs[0] ? { backlog: backlogs[0] } : {}) }
}

/** After an answer was completely written. */
export const written = (delivery: Delivery, mark: Mark): Delivery => ({
  ...delivery,
  pending: [...delivery.pending, mark].slice(-2),
})

export interface Answer {
  readonly fresh: Iterable<Entry>
  readonly ended: readonly Entry[]
  /** Where the client stands when it has this answer. */
  readonly mark: Mark
}

/** Of the entries older than `from`, the next `most` that pass; and what is then left, if anything. */
const portionOf = (
  roster: Roster,
  from: Place | undefined,
  wanted: (entry: Entry) => boolean,
  most: number,
): { readonly entries: Iterable<Entry>; readonly left?: Place } => {
  const older = (entry: Entry): boolean => from === undefined || newestFirst(from, entry) < 0
  if (most === Number.POSITIVE_INFINITY)
    return {
      entries: {
        *[Symbol.iterator]() {
          for (const entry of roster.active()) if (older(entry) && wanted(entry)) yield entry
        },
      },
    }
  const open = [...roster.active()].filter((entry) => older(entry) && wanted(entry)).sort(newestFirst)
  const entries = open.slice(0, most)
  const last = entries.at(-1)
  return open.length > entries.length && last ? { entries, left: { version: last.version, id: last.id } } : { entries }
}

/** The whole set, or its first portion. */
export const startupAnswer = (roster: Roster, wanted: (entry: Entry) => boolean, dialect: Dialect): Answer => {
  const { version } = roster
  const { entries, left } = portionOf(roster, undefined, wanted, dialect.portion)
  return { fresh: entries, ended: [], mark: { version, ...(left ? { backlog: left } : {}) } }
}

/** The changes since what is confirmed, then more of the backlog. */
export const deltaAnswer = (
  roster: Roster,
  delivery: Delivery,
  wanted: (entry: Entry) => boolean,
  dialect: Dialect,
): Answer => {
  const from = delivery.confirmed
  if (!from) return startupAnswer(roster, wanted, dialect)
  const { version } = roster
  const change = roster.since(from.version)
  const ended = change.ended.map((end) => end.entry).filter(wanted)
  // Too long away: everything is sent anew, in portions, beside all the ends that are remembered.
  if (!change.complete) return { ...startupAnswer(roster, wanted, dialect), ended }
  const news = change.added.filter(wanted).sort(newestFirst)
  if (!from.backlog) return { fresh: news, ended, mark: { version } }
  const { entries, left } = portionOf(roster, from.backlog, wanted, Math.max(1, dialect.portion - news.length))
  return { fresh: [...news, ...entries], ended, mark: { version, ...(left ? { backlog: left } : {}) } }
}
