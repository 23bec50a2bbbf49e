/**
 * What one bouncer has been given, and what it is to get next.
 *
 * The client never says that it got an answer, and after its first one it never asks for the whole set again; so an
 * answer counts as received only when the next request comes over the same connection (HTTP/1.1: it has read the one
 * before). Over another connection the last answer may be lost, and its window is sent again, which is harmless: each
 * subject is sent as it stands now. Clients that close every connection get each window twice, not for ever.
 *
 * Where the client is slow with many, everything goes out in portions, the newest first: the whole set as well as news.
 * What is left over, the backlog, lies between the last entry sent and the changes that the client has already.
 */
import type { Roster } from '../../kit/roster.ts'
import type { Entry } from '../../kit/sink.ts'

/** Entries are ordered by version, then id, the newest first. */
export interface Place {
  readonly version: number
  readonly id: string
}

const newestFirst = (a: Place, b: Place): number => b.version - a.version || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** How far a client is: it has all changes up to `version`, but for the backlog. */
export interface Mark {
  readonly version: number
  /** Older entries than this are still to be sent. */
  readonly backlog?: Place
  /** The backlog ends where changes up to this version begin, which the client has; without it, with the oldest entry. */
  readonly after?: number
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
  const backlogs = [a, b].filter(hasBacklog).sort((x, y) => newestFirst(x.backlog, y.backlog))
  return markOf(version, backlogs[0]?.backlog, Math.min(...backlogs.map(({ after = 0 }) => after)))
}

const hasBacklog = (mark: Mark): mark is Mark & { readonly backlog: Place } => mark.backlog !== undefined

const markOf = (version: number, backlog: Place | undefined, after = 0): Mark => ({
  version,
  ...(backlog ? { backlog: { version: backlog.version, id: backlog.id } } : {}),
  ...(backlog && after > 0 ? { after } : {}),
})

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

/** The whole set, or its first portion. */
export const startupAnswer = (roster: Roster, wanted: (entry: Entry) => boolean, portion: number): Answer => {
  const { version } = roster
  const { entries, left } = portionOf(roster, { version }, wanted, portion)
  return { fresh: entries, ended: [], mark: markOf(version, left) }
}

/** The changes since what is confirmed, then more of the backlog. */
export const deltaAnswer = (
  roster: Roster,
  delivery: Delivery,
  wanted: (entry: Entry) => boolean,
  portion: number,
): Answer => {
  const from = delivery.confirmed
  if (!from) return startupAnswer(roster, wanted, portion)
  const { version } = roster
  const change = roster.since(from.version)
  const ended = change.ended.map((end) => end.entry).filter(wanted)
  // Too long away: everything is sent anew, in portions, beside all the ends that are remembered.
  if (!change.complete) return { ...startupAnswer(roster, wanted, portion), ended }
  const news = change.added.filter(wanted).sort(newestFirst)
  if (news.length > portion) {
    const fresh = news.slice(0, portion)
    // With a backlog from before, one piece is made of both: what lies between is sent once more.
    return { fresh, ended, mark: markOf(version, fresh.at(-1), from.backlog ? from.after : from.version) }
  }
  if (!from.backlog) return { fresh: news, ended, mark: { version } }
  const { entries, left } = portionOf(roster, from, wanted, Math.max(1, portion - news.length))
  return { fresh: [...news, ...entries], ended, mark: markOf(version, left, from.after) }
}

/** Of the backlog, or of everything, the next `most` that pass; and where they end when something is left. */
const portionOf = (
  roster: Roster,
  { backlog, after = 0 }: Mark,
  wanted: (entry: Entry) => boolean,
  most: number,
): { readonly entries: Iterable<Entry>; readonly left?: Place } => {
  const isOpen = (entry: Entry): boolean =>
    entry.version > after && (backlog === undefined || newestFirst(backlog, entry) < 0) && wanted(entry)
  if (most === Number.POSITIVE_INFINITY)
    return {
      entries: {
        *[Symbol.iterator]() {
          for (const entry of roster.active()) if (isOpen(entry)) yield entry
        },
      },
    }
  const open = [...roster.active()].filter(isOpen).sort(newestFirst)
  const entries = open.slice(0, most)
  const last = entries.at(-1)
  return open.length > entries.length && last ? { entries, left: last } : { entries }
}
