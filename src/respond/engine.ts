/**
 * The engine under the runs: openworkflow, with its tables in a file beside a SQLite state or in a schema of its own
 * beside a PostgreSQL one. One workflow runs every playbook; the playbook's text is part of a run's input, so a run ends
 * as it began, whatever becomes of the file.
 */
import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { OpenWorkflow, type Worker } from 'openworkflow'
import { BackendSqlite } from 'openworkflow/sqlite'
import type { Millis } from '../core/time.ts'
import type { Logger } from '../kit/logger.ts'
import { type Backend, type Durable, durableOn, type EngineStep } from './durable.ts'
import type { RunInput, RunOutcome } from './run-input.ts'
import { type RunView, type StepView, stepOf, viewOf } from './run-view.ts'

export interface RunEngine {
  /** The run's id; the same one for the same key. */
  start(input: RunInput, key: string, deadline: Millis): Promise<string>
  run(id: string): Promise<RunView | undefined>
  /** The latest first. */
  runs(limit: number): Promise<readonly RunView[]>
  steps(id: string): Promise<readonly StepView[]>
  cancel(id: string): Promise<void>
  signal(name: string): Promise<void>
  /** Forgets runs that were over before then. */
  trim(before: Millis): Promise<void>
  /** Takes up runs until `stop`. `ended` is told of each that may be over. */
  work(
    execute: (input: RunInput, durable: Durable, id: string) => Promise<RunOutcome>,
    ended: (id: string) => void,
  ): void
  /** There may be work now. */
  nudge(): void
  stop(): Promise<void>
}

export interface EngineOptions {
  /** `riposte.db`, `sqlite:…` or `postgres://…`: the state. */
  readonly state: string
  readonly log: Logger
  /** Runs that are worked on at a time; those that sleep do not count. */
  readonly concurrent?: number
  /** Whether this process is the only one that works on these runs: what a dead one left is then taken up at once. */
  readonly alone?: boolean
  /** False: where no runs are kept yet, none are kept now either; there are none to see. */
  readonly create?: boolean
}

const SCHEMA = 'riposte_runs'
/** How often sleepers are looked at, ms. */
const LOOK = 250
const CONCURRENT = 64
const NAME = 'playbook'
/** Steps of one run that are shown, which is also the engine's own limit. */
const MOST_STEPS = 1000

export const openRunEngine = async ({
  state,
  log,
  concurrent = CONCURRENT,
  alone = false,
  create = true,
}: EngineOptions): Promise<RunEngine> => {
  const backend = isPostgres(state) ? await openPostgres(state, alone) : openSqlite(state, alone, create)
  const { claiming, exhausted } = claimInTurn(backend)
  const workflows = new OpenWorkflow({ backend: claiming })
  let worker: Worker | undefined
  let timer: NodeJS.Timeout | undefined
  let ticking: Promise<void> | undefined
  let again = false

  const tick = async (): Promise<void> => {
    do {
      again = false
      exhausted.value = false
      await worker
        ?.tick()
        .catch((error: Error) => log.error({ error: error.message }, 'runs cannot be taken up, will be tried again'))
    } while (again && worker)
  }
  const nudge = (): void => {
    again = true
    ticking ??= tick().finally(() => {
      ticking = undefined
    })
  }

  return {
    async start(input, key, deadline) {
      const run = await backend.createWorkflowRun({
        workflowName: NAME,
        version: null,
        idempotencyKey: key,
        config: {},
        context: null,
        input: JSON.parse(JSON.stringify(input)),
        parentStepAttemptNamespaceId: null,
        parentStepAttemptId: null,
        availableAt: null,
        deadlineAt: new Date(Date.now() + deadline),
      })
      nudge()
      return run.id
    },
    async run(id) {
      const run = await backend.getWorkflowRun({ workflowRunId: id })
      return run ? viewOf(run) : undefined
    },
    runs: async (limit) => (await backend.listWorkflowRuns({ limit: Math.min(limit, 1000) })).data.map(viewOf),
    async steps(id) {
      const { data } = await backend.listStepAttempts({ workflowRunId: id, limit: MOST_STEPS })
      return data.map(stepOf).toSorted((a, b) => a.startedAt - b.startedAt)
    },
    async cancel(id) {
      await backend.cancelWorkflowRun({ workflowRunId: id })
    },
    async signal(name) {
      await backend.sendSignal({ signal: name, data: null, idempotencyKey: null })
      nudge()
    },
    trim: (before) => forget(state, before),
    work(execute, ended) {
      workflows.implementWorkflow<RunInput, RunOutcome>({ name: NAME }, async ({ input, step, run }) => {
        const outcome = await execute(input, durableOn(step as unknown as EngineStep), run.id)
        // The engine writes this down after we return; whoever is told looks until it has.
        setImmediate(() => ended(run.id))
        return outcome
      })
      worker = workflows.newWorker({ concurrency: concurrent })
      timer = setInterval(nudge, LOOK)
      nudge()
    },
    nudge,
    async stop() {
      clearInterval(timer)
      const working = worker
      worker = undefined
      await ticking
      await working?.stop()
      await backend.stop()
    },
  }
}

/** What a worker asks for is asked one by one, and after the first "none" not again: an idle turn costs one question. */
const claimInTurn = (backend: Backend): { claiming: Backend; exhausted: { value: boolean } } => {
  const exhausted = { value: false }
  let last: Promise<unknown> = Promise.resolve()
  const claim: Backend['claimWorkflowRun'] = (params) => {
    const next = last.then(async () => {
      if (exhausted.value) return null
      const run = await backend.claimWorkflowRun(params)
      exhausted.value = run === null
      return run
    })
    last = next.catch(() => {})
    return next
  }
  const claiming = new Proxy(backend, {
    get: (target, key) => {
      if (key === 'claimWorkflowRun') return claim
      const value = Reflect.get(target, key) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { claiming, exhausted }
}

/**
 * A process that died holds its runs for half a minute. Where there is but one daemon per state, whatever is held when it
 * starts is held by nobody.
 */
const FREE = `SET available_at = created_at WHERE status = 'running' AND worker_id IS NOT NULL`

const MEMORY = ':memory:'

const fileOf = (state: string): string => {
  const path = state.replace(/^sqlite:(\/\/(?=\/))?/, '')
  return path === MEMORY ? path : `${path}.runs`
}

const openSqlite = (state: string, alone: boolean, create: boolean): Backend => {
  const file = create || existsSync(fileOf(state)) ? fileOf(state) : MEMORY
  // It holds what the state holds: nobody else is to read it. SQLite gives the files beside it the same rights.
  if (file !== MEMORY) closeSync(openSync(file, 'a', 0o600))
  const backend = BackendSqlite.connect(file)
  if (alone && file !== MEMORY) directly(state, `UPDATE workflow_runs ${FREE}`)
  return backend
}

const openPostgres = async (url: string, alone: boolean): Promise<Backend> => {
  const { BackendPostgres } = await import('openworkflow/postgres')
  const backend = await BackendPostgres.connect(url, { schema: SCHEMA })
  if (alone) await directly(url, `UPDATE ${SCHEMA}.workflow_runs ${FREE}`)
  return backend
}

/** The engine forgets nothing by itself; steps go with their run. Times are ISO texts in one engine, timestamps in the other: both compare with one. */
const forget = async (state: string, before: Millis): Promise<void> => {
  const table = isPostgres(state) ? `${SCHEMA}.workflow_runs` : 'workflow_runs'
  if (fileOf(state) === MEMORY) return
  await directly(state, `DELETE FROM ${table} WHERE finished_at < '${new Date(before).toISOString()}'`)
}

const isPostgres = (state: string): boolean => /^postgres(ql)?:/.test(state)

/** One statement of ours, on a connection of its own. */
const directly = async (state: string, statement: string): Promise<void> => {
  if (isPostgres(state)) {
    const { default: postgres } = await import('postgres')
    const sql = postgres(state, { max: 1, onnotice: () => {} })
    await sql.unsafe(statement).finally(() => sql.end())
    return
  }
  const database = new DatabaseSync(fileOf(state), { timeout: 5000 })
  try {
    database.exec('PRAGMA foreign_keys = ON')
    database.exec(statement)
  } finally {
    database.close()
  }
}
