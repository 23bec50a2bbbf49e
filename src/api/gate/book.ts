/**
 * What the gate knows about those who ask it: whether anybody does, and whom it turned away. A ban is applied here when
 * it is in the roster, and proved when nginx was told to deny its first request.
 */
import { MINUTE, type Millis, SECOND } from '../../core/time.ts'
import type { Roster } from '../../kit/roster.ts'
import type { Entry } from '../../kit/sink.ts'
import type { PointState } from '../../kit/store.ts'

export interface GateBook {
  passed(): void
  denied(entry: Entry): void
  /** The gate as an enforcement point; none while nobody has ever asked. */
  points(): readonly PointState[]
  close(): void
}

type Done = { readonly entry: Entry; readonly act: 'block' | 'unblock' }

export interface GateBookDeps {
  readonly roster: Roster
  readonly clock: () => Millis
  proved(done: readonly Done[], step: 'applied' | 'verified'): void
}

/** A site with visitors asks all the time; one at night may not for a while. */
const SILENT_AFTER: Millis = 5 * MINUTE
const SHOW_EVERY: Millis = 10 * SECOND
/** Subjects whose first denial is remembered, so that it is told once. */
const FOLLOWED = 50_000

export const createGateBook = ({ roster, clock, proved }: GateBookDeps): GateBook => {
  let asked = 0
  let denied = 0
  let firstAt: Millis | undefined
  let lastAt: Millis = 0
  let shown = { asked, denied, at: 0 }
  /** Value and version of those whose denial was told. */
  const told = new Map<string, number>()

  const seen = (): void => {
    asked++
    lastAt = clock()
    firstAt ??= lastAt
  }
  const inUse = (): boolean => firstAt !== undefined && clock() - lastAt < SILENT_AFTER

  const stop = roster.onChange(({ added, ended }) => {
    for (const { entry } of ended) told.delete(entry.value)
    if (!inUse()) return
    const done = added.filter((entry) => entry.type !== 'watch').slice(0, FOLLOWED)
    if (done.length > 0)
      proved(
        done.map((entry) => ({ entry, act: 'block' })),
        'applied',
      )
  })

  return {
    passed: seen,
    denied(entry) {
      seen()
      denied++
      if (told.get(entry.value) === entry.version) return
      if (told.size >= FOLLOWED) told.delete(told.keys().next().value!)
      told.set(entry.value, entry.version)
      proved([{ entry, act: 'block' }], 'verified')
    },
    points() {
      if (firstAt === undefined) return []
      const now = clock()
      const silent = !inUse()
      // A change is written down, and a site under load asks a thousand times a second.
      if (now - shown.at >= SHOW_EVERY) shown = { asked, denied, at: now }
      return [
        {
          name: 'gate',
          kind: 'gate',
          state: silent ? 'down' : 'steady',
          since: silent ? lastAt : firstAt,
          wanted: roster.size,
          withheld: 0,
          dropped: 0,
          drift: 0,
          report: { asked: shown.asked, denied: shown.denied },
          ...(silent
            ? { trouble: `nginx has not asked for ${Math.round((now - lastAt) / SECOND)} s: it passes everybody` }
            : {}),
          at: now,
        },
      ]
    },
    close: stop,
  }
}
