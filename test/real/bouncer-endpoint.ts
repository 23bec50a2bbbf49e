/** The bouncers' endpoint for tests, listening for real, over a roster that follows the ledger's rule of one decision per value. */
import type { TestContext } from 'node:test'
import { createBouncerBook, keyHash } from '../../src/api/lapi/bouncer-book.ts'
import { lapiRoutes } from '../../src/api/lapi/routes.ts'
import type { Sent } from '../../src/api/lapi/stream-text.ts'
import { type ApiOptions, createApi } from '../../src/api/server.ts'
import type { Decision } from '../../src/core/decision.ts'
import { parseCidr } from '../../src/core/ip.ts'
import type { Millis } from '../../src/core/time.ts'
import { settle } from '../../src/decide/overlap.ts'
import { decision } from '../../src/enforce/decision.fixture.ts'
import { createGate } from '../../src/enforce/gate.ts'
import { ActiveRoster } from '../../src/enforce/roster.ts'
import type { Bouncer } from '../../src/kit/store.ts'

export const KEY = 'the-key-of-this-test'

interface Options {
  readonly allow?: readonly string[]
  readonly limits?: NonNullable<ApiOptions['limits']>
}

export const openEndpoint = async (t: TestContext, options: Options = {}) => {
  let skew = 0
  const clock = (): Millis => Date.now() + skew
  const roster = new ActiveRoster(createGate((options.allow ?? []).map((text) => parseCidr(text)!)))
  const rows = new Map<string, Bouncer>()
  const add = (name: string, key: string): void =>
    void rows.set(name, { name, keyHash: keyHash(key), addedAt: clock() })
  add('tester', KEY)
  const said: { readonly level: string; readonly text: string }[] = []
  const line = (level: string) => (fields: object, message: string) =>
    void said.push({ level, text: `${message} ${JSON.stringify(fields)}` })
  const log: ApiOptions['log'] = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  const book = createBouncerBook(
    {
      bouncers: async () => [...rows.values()],
      updateBouncers: async (changed) => {
        for (const row of changed) if (rows.has(row.name)) rows.set(row.name, row)
      },
    },
    clock,
    log,
  )
  const proofs: { readonly bouncer: string; readonly done: readonly Sent[]; readonly step: string }[] = []
  const proved = (bouncer: string, done: readonly Sent[], step: string): void =>
    void proofs.push({ bouncer, done, step })
  const api = await createApi({
    listen: [{ host: '127.0.0.1', port: 0 }],
    log,
    routes: [lapiRoutes({ roster, book, clock, log, proved })],
    ...(options.limits ? { limits: options.limits } : {}),
  })
  t.after(() => api.close())

  const held = new Map<string, Decision>()
  return {
    ...{ roster, book, rows, said, proofs, clock, add, url: api.urls[0]! },
    pass: (millis: Millis): void => {
      skew += millis
      roster.expire(clock())
    },
    /** As `decisions add` does: extended and strengthened, never shortened. */
    ban(value: string, seconds: number, more: Partial<Decision> = {}): void {
      const now = clock()
      const next = decision(parseCidr(value)!.text, { startsAt: now, until: now + seconds * 1000, ...more })
      const settled = settle(next, held.get(next.value), [])
      if (settled.kind === 'none') return
      held.set(next.value, settled.decision)
      roster.apply([settled.decision], now)
    },
    lift(value: string): void {
      const known = held.get(value)
      held.delete(value)
      if (known) roster.apply([{ ...known, withdrawnAt: clock() }], clock())
    },
  }
}
