/**
 * `riposte serve`: one process, one seat, one loop.
 *
 * A *term* is the time between two readings of the configuration: restore from the store, build the house, run the
 * loop. SIGHUP ends a term after its last commit and starts the next one with the new configuration, or, when that is
 * faulty, logs why and lets the old one run on. SIGTERM and SIGINT end the term and the process: what was read is
 * committed; if the store does not take it within the grace time, the process leaves without it, and the next start
 * reads those bytes again, because their cursors were not committed either.
 */
import { Failure } from '../core/failure.ts'
import { MINUTE, SECOND } from '../core/time.ts'
import { createApprovalLinks } from '../kit/approval-links.ts'
import { StateSpace } from '../kit/state.ts'
import { type Commit, emptyCommit, type Restored, type Store } from '../kit/store.ts'
import { createLogger, type Logger } from '../observe/logger.ts'
import type { Outcome } from '../pipeline/engine.ts'
import { Loop } from '../pipeline/loop.ts'
import type { Observer } from '../pipeline/observer.ts'
import { openStore } from '../store/open.ts'
import { type Canaries, startCanaries } from './canary.ts'
import type { Config } from './config/schema.ts'
import { type Doors, openDoors } from './doors.ts'
import { type Enforcing, openEnforcement } from './enforcement.ts'
import { openFeeds } from './feeds.ts'
import { buildHouse, type House } from './house.ts'
import { takePending } from './inbox.ts'
import { CLOSED_DOOR } from './own-actions.ts'
import { playbooksOf } from './playbooks.ts'
import { connectionsOf, openResponse, type Responding } from './respond.ts'
import { INSTALLATION, sessionKey } from './session-key.ts'

export interface DaemonOptions {
  readonly config: Config
  /** Reads the configuration again; throws when it is faulty. Absent: SIGHUP only reopens the loop. */
  readonly reload?: () => Config
  readonly log?: Logger
  readonly observer?: Observer
  onOutcome?(outcome: Outcome): void
  onCommit?(commit: Commit): void
  /** Told once enforcement is ready; for those who measure how far decisions got. */
  onEnforcing?(enforcing: Enforcing): void
}

export interface Daemon {
  /** Resolves when the daemon has stopped; rejects with what made it impossible to go on. */
  readonly done: Promise<void>
  stop(): void
  reload(): void
}

const BATCH = { batchRecords: 2000, batchMillis: 25 }
const INBOX_EVERY = 200
const SEAT_PATIENCE = 2 * SECOND
const TRIM_EVERY = 10 * MINUTE
export const GRACE = 10 * SECOND

export const startDaemon = async (options: DaemonOptions): Promise<Daemon> => {
  const log = options.log ?? createLogger(options.config.log.level)
  const store = await openStore(options.config.state.reveal())
  if (!(await claimed(store))) {
    await store.close()
    throw new Failure('SEAT_TAKEN', 'another riposte daemon is running on this state', {
      remedy: 'Stop it first, or give this one a state of its own (state: in the configuration).',
    })
  }
  const stopping = new AbortController()
  let config = options.config
  let endTerm = new AbortController()
  let enforcing: Enforcing | undefined
  let responding: Responding | undefined
  let doors: Doors | undefined

  const terms = async () => {
    let restored: Restored | undefined = await begin(store)
    const key = sessionKey(installationOf(restored))
    const links = createApprovalLinks(key, () => config.playbooks.link?.replace(/\/+$/, ''))
    doors = openDoors(config, store, links, log)
    enforcing = await openEnforcement(config, store, restored.allowlist, log, { doors: doors.routes })
    options.onEnforcing?.(enforcing)
    responding = openResponse(config, store, key, links, log, enforcing.tell)
    while (!stopping.signal.aborted) {
      endTerm = new AbortController()
      const signal = AbortSignal.any([stopping.signal, endTerm.signal])
      doors.configure(config)
      await term(config, store, restored ?? (await store.restore()), signal, log, options, enforcing, responding)
      restored = undefined
    }
  }
  const done = terms()
    .finally(() => responding?.close())
    .finally(() => enforcing?.close())
    .finally(() => doors?.close())
    .finally(() => store.close())

  return {
    done,
    stop: () => stopping.abort(),
    reload() {
      if (options.reload) {
        try {
          const next = options.reload()
          // Everything that can fail must fail here, while the old term still runs.
          buildHouse(next)
          playbooksOf(next)
          connectionsOf(next, CLOSED_DOOR)
          if (next.state.reveal() !== config.state.reveal())
            log.warn({}, 'state changed in the configuration: takes effect after a restart')
          config = next
        } catch (error) {
          log.error({ error: (error as Error).message }, 'configuration not reloaded; the old one stays in force')
          return
        }
      }
      log.info({}, 'configuration reloaded')
      endTerm.abort()
    },
  }
}

/** A command given by hand without a daemon holds the seat for a moment; a daemon that starts just then waits for it. */
const claimed = async (store: Store): Promise<boolean> => {
  for (const end = Date.now() + SEAT_PATIENCE; ; ) {
    if (await store.claim()) return true
    if (Date.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** The daemon's first act on a state: it signs in, and makes the session key durable before the first event needs it. */
const begin = async (store: Store): Promise<Restored> => {
  const at = Date.now()
  const restored = await store.restore()
  const installation = installationOf(restored)
  sessionKey(installation)
  const state = installation.drain()
  const act = { at, actor: 'system', verb: 'daemon.start', subject: `pid ${process.pid}`, detail: {} }
  await store.commit({ ...emptyCommit(at), logTime: restored.logTime, state, acts: [act] })
  return { ...restored, state: [...restored.state, ...state] }
}

/** What is kept of this state alone. */
const installationOf = ({ state }: Restored): StateSpace => {
  const installation = new StateSpace()
  installation.restore(state.filter((row) => row.table === INSTALLATION))
  return installation
}

/** One term: restore, build, run until the signal, with the inbox and retention beside it. */
const term = async (
  config: Config,
  store: Store,
  restored: Restored,
  signal: AbortSignal,
  log: Logger,
  options: DaemonOptions,
  enforcing: Enforcing,
  responding: Responding,
): Promise<void> => {
  await enforcing.configure(config)
  responding.configure(config)
  const house = buildHouse(config, { restored, at: Date.now() })
  const loop = new Loop({
    rooms: house.rooms,
    ledger: store,
    listens: responding.listens,
    clock: Date.now,
    ...BATCH,
    ...(options.observer ? { observer: options.observer } : {}),
    ...(options.onOutcome ? { onOutcome: options.onOutcome } : {}),
    onCommit(commit) {
      enforcing.committed(commit)
      canaries.committed(commit)
      if (commit.triggers?.length) responding.nudge()
      report(commit, log)
      options.onCommit?.(commit)
    },
    onRetry: (failure, wait) =>
      log.error({ error: (failure as Error).message, wait }, 'commit failed, will be tried again'),
  })
  loop.batch.judged(house.undone)
  const canaries: Canaries = startCanaries(config, house, enforcing)
  const beside = sideWork(config, store, house, loop, signal, log, enforcing)
  try {
    await loop.run(openFeeds(config, house), restored.cursors, signal)
    // Every source may have ended (standard input); a daemon stays for its inbox until it is told to go.
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  } finally {
    canaries.stop()
    await beside()
  }
}

const sideWork = (
  config: Config,
  store: Store,
  house: House,
  loop: Loop,
  signal: AbortSignal,
  log: Logger,
  enforcing: Enforcing,
): (() => Promise<void>) => {
  const seen = new Set<number>()
  let running: Promise<void> = Promise.resolve()
  let trimmedAt = 0
  const turn = async () => {
    if (signal.aborted) return
    const findings = enforcing.takeFindings()
    for (const finding of findings) loop.batch.finding(finding)
    const answered = await takePending(store, house.rooms, loop.batch, seen)
    if (answered > 0 || findings.length > 0) await loop.commit()
    const now = Date.now()
    if (now - trimmedAt >= TRIM_EVERY) {
      trimmedAt = now
      const { dropped } = await store.trim({ ...config.retention, now })
      if (dropped > 0) log.info({ dropped }, 'old events dropped')
    }
  }
  const timer = setInterval(() => {
    running = running
      .then(turn)
      .catch((error: Error) => log.error({ error: error.message }, 'inbox or retention failed, will be tried again'))
  }, INBOX_EVERY)
  return async () => {
    clearInterval(timer)
    await running
  }
}

const report = (commit: Commit, log: Logger): void => {
  for (const d of commit.decisions)
    log.info(
      {
        decision: d.id,
        type: d.type,
        value: d.value,
        until: d.until,
        scenario: d.scenario,
        simulated: d.simulated,
        withdrawn: d.withdrawnAt !== undefined,
      },
      'decision',
    )
  for (const f of commit.findings)
    log[f.level === 'error' ? 'error' : f.level === 'warning' ? 'warn' : 'info'](
      { code: f.code, subject: f.subject, remedy: f.remedy, cleared: f.cleared ?? false },
      f.text,
    )
}

/** Runs a daemon under the process's signals; resolves to the exit code. */
export const runDaemon = async (options: DaemonOptions): Promise<number> => {
  const log = options.log ?? createLogger(options.config.log.level)
  const daemon = await startDaemon({ ...options, log })
  const leave = (signal: string) => {
    log.info({ signal }, 'stopping')
    daemon.stop()
    setTimeout(() => {
      log.error(
        { grace: GRACE },
        'the store did not take the last batch in time; its bytes will be read again at the next start',
      )
      process.exit(1)
    }, GRACE).unref()
  }
  process.once('SIGTERM', leave)
  process.once('SIGINT', leave)
  process.on('SIGHUP', () => daemon.reload())
  log.info({ sensors: options.config.sensors.map((s) => s.id) }, 'riposte is running')
  await daemon.done
  log.info({}, 'stopped')
  return 0
}
