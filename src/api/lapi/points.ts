/** Each bouncer as an enforcement point: what it should hold, and when it was last heard of. */
import { MINUTE, type Millis } from '../../core/time.ts'
import type { Roster } from '../../kit/roster.ts'
import type { PointState } from '../../kit/store.ts'
import type { BouncerBook } from './bouncer-book.ts'

/** A bouncer that has missed so many of its usual pulls is told of; a minute is the longest usual interval. */
const MISSED = 3

export const bouncerPoints = (book: BouncerBook, roster: Roster, now: Millis): readonly PointState[] =>
  book.clients().map(({ bouncer, delivery, withheld, interval }): PointState => {
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
      withheld,
      dropped: 0,
      drift: 0,
      ...(pulledAt === undefined ? {} : { appliedAt: pulledAt }),
      ...(silent ? { trouble: 'it has not asked for its usual time' } : {}),
      ...(pulledAt === undefined ? { trouble: 'it has never asked' } : {}),
      at: now,
    }
  })
