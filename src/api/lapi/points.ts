/** Each bouncer as an enforcement point: what it should hold, and when it was last heard of. */
import { MINUTE, type Millis } from '../../core/time.ts'
import type { Roster } from '../../kit/roster.ts'
import type { Entry } from '../../kit/sink.ts'
import type { PointState } from '../../kit/store.ts'
import type { BouncerBook, Client } from './bouncer-book.ts'
import { EXPANDED, valuesFor } from './decision.ts'
import { type Dialect, dialectOf } from './dialect.ts'

/** A bouncer that has missed so many of its usual pulls is told of; a minute is the longest usual interval. */
const MISSED = 3

const speaks = ({ bouncer }: Client): Dialect => dialectOf(bouncer.type ?? '')

/** Why a bouncer cannot carry out an entry; undefined when it can, or when there is no such bouncer. */
export const withheldFrom = (book: BouncerBook, point: string, entry: Entry): string | undefined => {
  const client = book.clients().find(({ bouncer }) => `bouncer:${bouncer.name}` === point)
  return client && valuesFor(entry, speaks(client)).length === 0 ? 'it blocks single addresses only' : undefined
}

/** Counting a million entries takes milliseconds, and the points are asked for with every change. */
const counted = new WeakMap<Roster, { readonly version: number; readonly count: number }>()
const tooWide = (roster: Roster): number => {
  const last = counted.get(roster)
  if (last?.version === roster.version) return last.count
  const count = roster.widerThan(EXPANDED)
  counted.set(roster, { version: roster.version, count })
  return count
}

export const bouncerPoints = (book: BouncerBook, roster: Roster, now: Millis): readonly PointState[] =>
  book.clients().map((client): PointState => {
    const { bouncer, delivery, interval } = client
    const { pulledAt } = bouncer
    const silent = pulledAt !== undefined && now - pulledAt > Math.max(MISSED * (interval ?? MINUTE), MINUTE / 2)
    const state =
      pulledAt === undefined ? 'starting' : silent ? 'down' : delivery.confirmed?.backlog ? 'working' : 'steady'
    return {
      name: `bouncer:${bouncer.name}`,
      kind: 'bouncer',
      state,
      since: pulledAt ?? bouncer.addedAt,
      wanted: roster.size,
      withheld: speaks(client).ranges ? 0 : tooWide(roster),
      dropped: 0,
      drift: 0,
      ...(pulledAt === undefined ? {} : { appliedAt: pulledAt }),
      ...(silent ? { trouble: 'it has not asked for its usual time' } : {}),
      ...(pulledAt === undefined ? { trouble: 'it has never asked' } : {}),
      at: now,
    }
  })
