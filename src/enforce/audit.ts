/**
 * Finds drift: what a point holds beside what it should hold. Where a point cannot be listed, some of what it should
 * hold is asked about instead.
 */
import type { Finding } from '../core/finding.ts'
import type { Millis } from '../core/time.ts'
import type { Logger } from '../kit/logger.ts'
import type { Call, Entry, Sink } from '../kit/sink.ts'
import { pause } from './pause.ts'
import type { ActiveRoster } from './roster.ts'

export interface AuditorOptions {
  readonly name: string
  readonly sink: Pick<Sink, 'held' | 'verify'>
  readonly roster: ActiveRoster
  readonly log: Logger
  readonly clock: () => Millis
  call(): Call
  places(entry: Entry): boolean
  /** Subjects whose change is still on its way to the point. */
  underWay(): ReadonlySet<string>
  repair(missing: readonly Entry[], surplus: readonly string[]): void
  finding(finding: Finding): void
}

export interface Auditor {
  audit(): Promise<void>
  /** The next audit need not wait. */
  soon(): void
  due(signal: AbortSignal, every: Millis): Promise<void>
  /** `soundAt`: when it last held what it should. */
  last(): { readonly held?: number; readonly drift: number; readonly soundAt?: Millis }
}

const SAMPLE = 64

export const createAuditor = (o: AuditorOptions): Auditor => {
  let held: number | undefined
  let drift = 0
  let soundAt: Millis | undefined
  let told = false
  let hurry: (() => void) | undefined
  let hurried = false

  const listed = async (ask: NonNullable<Sink['held']>): Promise<void> => {
    const began = o.roster.version
    const before = o.underWay()
    const found = await ask.call(o.sink, o.call())
    held = found.size
    const missing: Entry[] = []
    let wanted = 0
    const now = o.clock()
    const after = o.underWay()
    // What was on its way while we asked, or ends just now, proves nothing.
    const unsettled = (value: string): boolean => before.has(value) || after.has(value)
    for (const entry of o.roster.active()) {
      if (!o.places(entry)) continue
      wanted++
      if (found.has(entry.value) || entry.version > began || entry.until <= now + 1000) continue
      if (!unsettled(entry.value)) missing.push(entry)
    }
    const surplus: string[] = []
    if (found.size > wanted - missing.length) {
      const lately = new Set(o.roster.since(began - 1).ended.map((end) => end.entry.value))
      for (const value of found) {
        const entry = o.roster.get(value)
        if (!(entry && o.places(entry)) && !unsettled(value) && !lately.has(value)) surplus.push(value)
      }
    }
    result(missing, surplus)
  }

  const sampled = async (): Promise<void> => {
    const { count } = o.roster.active()
    const before = o.underWay()
    const step = Math.max(1, Math.floor(count / SAMPLE))
    const some: Entry[] = []
    let i = 0
    for (const entry of o.roster.active())
      if (i++ % step === 0 && o.places(entry) && !before.has(entry.value)) some.push(entry)
    if (some.length === 0) return result([], [])
    const standings = await o.sink.verify(some, o.call())
    // A point that cannot tell has neither lost anything nor proved anything.
    if (standings.every((standing) => standing === 'unknown')) return
    const now = o.clock()
    result(
      some.filter(
        (entry, n) =>
          standings[n] === 'absent' && o.roster.get(entry.value)?.id === entry.id && entry.until > now + 1000,
      ),
      [],
    )
  }

  const result = (missing: readonly Entry[], surplus: readonly string[]): void => {
    const found = missing.length + surplus.length
    if (found > 0) {
      drift += found
      o.repair(missing, surplus)
      o.log.warn({ point: o.name, missing: missing.length, surplus: surplus.length }, 'drift found, being repaired')
    } else soundAt = o.clock()
    if (found === 0 && !told) return
    told = found > 0
    o.finding({
      code: 'enforce.drift',
      level: 'warning',
      subject: o.name,
      text: told
        ? `it held other entries than it should: ${missing.length} missing, ${surplus.length} too many. They are being repaired`
        : 'it holds what it should again',
      remedy: 'Find out who else changes it: somebody flushed, edited or restarted it.',
      at: o.clock(),
      ...(told ? {} : { cleared: true }),
    })
  }

  return {
    async audit() {
      try {
        await (o.sink.held ? listed(o.sink.held) : sampled())
      } catch (error) {
        o.log.debug({ point: o.name, error: (error as Error).message }, 'audit not possible now')
      }
    },
    soon() {
      hurried = true
      hurry?.()
    },
    async due(signal, every) {
      if (!hurried) {
        const woken = new AbortController()
        hurry = () => woken.abort()
        await pause(every, AbortSignal.any([signal, woken.signal]))
        hurry = undefined
      }
      hurried = false
    },
    last: () => ({ ...(held === undefined ? {} : { held }), drift, ...(soundAt === undefined ? {} : { soundAt }) }),
  }
}
