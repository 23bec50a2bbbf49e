/**
 * The enforcing half of the daemon: the hub with its points, and the HTTP server for those who fetch. It outlives the
 * terms between two readings of the configuration: a point whose configuration is unchanged is not closed, so a reload
 * leaves no gap in which nobody answers.
 */

import { createGateBook, type GateBook } from '../api/gate/book.ts'
import { gateRoutes } from '../api/gate/routes.ts'
import { createBouncerBook } from '../api/lapi/bouncer-book.ts'
import { bouncerPoints, withheldFrom } from '../api/lapi/points.ts'
import { lapiRoutes } from '../api/lapi/routes.ts'
import { type Api, type ApiOptions, createApi } from '../api/server.ts'
import type { AllowEntry } from '../core/act.ts'
import type { Failure } from '../core/failure.ts'
import type { Finding } from '../core/finding.ts'
import { DAY, type Millis, SECOND } from '../core/time.ts'
import { Hub, type HubOptions } from '../enforce/hub.ts'
import type { ProofBook } from '../enforce/proof-book.ts'
import type { Logger } from '../kit/logger.ts'
import type { Roster } from '../kit/roster.ts'
import { Secret } from '../kit/secret.ts'
import type { Commit, Store } from '../kit/store.ts'
import type { PointConfig } from './config/enforce.ts'
import type { Config } from './config/schema.ts'
import { sparedBy } from './spared.ts'
import { createStandingFindings } from './standing-findings.ts'

export interface Enforcing {
  readonly roster: Roster
  readonly proofs: ProofBook
  /** Where the HTTP server listens. */
  urls(): readonly string[]
  /** A commit has become durable. */
  committed(commit: Commit): void
  /** Opens and closes points until they are those of `config`. A point that cannot be opened is told of, and left out. */
  configure(config: Config): Promise<void>
  /** For whoever finds something beside it. */
  tell(finding: Finding): void
  /** Findings that arose since the last call. */
  takeFindings(): readonly Finding[]
  close(): Promise<void>
}

export interface EnforcementOptions extends Pick<HubOptions, 'auditEvery'> {
  /** What else the HTTP server answers. */
  readonly doors?: ApiOptions['routes']
}

/** How long what has ended is remembered for bouncers that were away. */
const REMEMBERED: Millis = DAY
const MOST_REMEMBERED = 50_000
/** Codes of findings that are raised here, by the canary, and about runs. */
const OURS = /^(?:enforce|canary|respond)\./
/** Deliveries are written, the allowlist's expiries seen, so often. */
const TURN: Millis = SECOND

export const openEnforcement = async (
  config: Config,
  store: Store,
  allowlist: readonly AllowEntry[],
  log: Logger,
  options: EnforcementOptions = {},
): Promise<Enforcing> => {
  const clock = Date.now
  const allowed = new Map(allowlist.map((entry) => [entry.value, entry]))
  const findings = createStandingFindings((await store.findings()).filter(({ code }) => OURS.test(code)))
  findings.clear(clock())
  let current = config
  let spared = sparedBy(config, allowed.values(), clock())
  const book = createBouncerBook(store, clock, log)
  const hub: Hub = new Hub(
    {
      ...options,
      store,
      log,
      clock,
      finding: findings.tell,
      withheldFrom: (point, entry) => withheldFrom(book, point, entry),
      pullers: () => [...bouncerPoints(book, hub.roster, clock()), ...gate.points()],
    },
    spared,
  )
  const gate: GateBook = createGateBook({
    roster: hub.roster,
    clock,
    proved: (done, step) => hub.proved('gate', done, step),
  })
  await restore(hub, store, clock())
  hub.start()

  const open = new Map<string, { readonly point: PointConfig; readonly text: string }>()
  let api: Api | undefined
  let listening = ''
  let started = false

  const respare = (): void => {
    const next = sparedBy(current, allowed.values(), clock())
    const same = next.length === spared.length && next.every((cidr, i) => cidr.text === spared[i]!.text)
    spared = next
    if (!same) hub.guard(next)
  }
  const timer = setInterval(() => {
    respare()
    void book.flush().catch((error: Error) => log.warn({ error: error.message }, 'deliveries not written'))
  }, TURN)

  const listen = async (at: Config['http']['listen']): Promise<void> => {
    if (JSON.stringify(at) === listening) return
    await api?.close()
    api = undefined
    listening = ''
    if (at.length > 0)
      api = await createApi({
        listen: at,
        log,
        routes: [
          ...(options.doors ?? []),
          gateRoutes({ roster: hub.roster, clock, book: gate }),
          lapiRoutes({
            roster: hub.roster,
            book,
            clock,
            log,
            proved: (bouncer, done, step) => hub.proved(`bouncer:${bouncer}`, done, step),
          }),
        ],
      })
    listening = JSON.stringify(at)
    for (const url of api?.urls ?? []) log.info({ url }, 'listening')
  }

  const configure = async (next: Config): Promise<void> => {
    current = next
    respare()
    const wanted = new Map(next.enforce.map((point) => [point.name, { point, text: fingerprint(point) }]))
    for (const [name, { text }] of open)
      if (wanted.get(name)?.text !== text) {
        await hub.remove(name)
        open.delete(name)
        findings.clear(clock(), name)
      }
    for (const [name, { point, text }] of wanted) {
      if (open.has(name)) continue
      await attempt(name, async () => {
        const { sink } = await point.plugin.open(point.config, {
          name,
          log,
          clock,
          doubt: (reason) => hub.doubt(name, reason),
        })
        open.set(name, { point, text })
        hub.add(name, point.plugin.id, sink)
      })
    }
    await attempt('http', () => listen(next.http.listen))
  }

  /** While it starts, the daemon ends with what keeps a point from opening; later on the others must go on. */
  const attempt = async (name: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      if (!started) throw error
      const { message, remedy } = error as Failure
      log.error({ point: name, error: message }, 'not opened; the other points go on')
      findings.tell({
        code: 'enforce.not_opened',
        level: 'error',
        subject: name,
        text: message,
        remedy: `${remedy ?? 'See the log.'} Then reload (SIGHUP) or restart.`,
        at: clock(),
      })
    }
  }

  try {
    await configure(config)
  } catch (error) {
    clearInterval(timer)
    await hub.close()
    throw error
  }
  started = true

  return {
    roster: hub.roster,
    proofs: hub.proofs,
    urls: () => api?.urls ?? [],
    committed(commit) {
      for (const { value, entry } of commit.allowlist)
        if (entry) allowed.set(value, entry)
        else allowed.delete(value)
      if (commit.allowlist.length > 0) respare()
      hub.apply(commit.decisions, commit.at)
    },
    configure,
    tell: findings.tell,
    takeFindings: findings.take,
    async close() {
      clearInterval(timer)
      gate.close()
      await api?.close()
      await book.flush().catch(() => undefined)
      await hub.close()
    },
  }
}

/**
 * Whether two configurations of a point are the same, secrets included. JSON asks `toJSON` before its replacer, and a
 * secret's says `<secret>`: the holder still has the secret itself.
 */
export const fingerprint = (point: Pick<PointConfig, 'plugin' | 'config'>): string =>
  JSON.stringify([point.plugin.id, point.config], function (this: Record<string, unknown>, key, value: unknown) {
    const held = this[key]
    return held instanceof Secret ? held.reveal() : value
  })

/** What was in force when the last daemon ended goes into the roster one by one: a million at once would not fit. */
const restore = async (hub: Hub, store: Store, now: Millis): Promise<void> => {
  await store.eachHeld(now, (held) => hub.roster.hold(held, now))
  const ended = await store.endedLately(now - REMEMBERED, MOST_REMEMBERED)
  const complete = ended.length < MOST_REMEMBERED
  hub.roster.resume(ended, complete ? now - REMEMBERED : ended.at(-1)!.changedAt + 1, now)
}
