/** The responding half over a real store and the real engine, with a desk at its other end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Trigger } from '../../src/core/trigger.ts'
import type { Logger } from '../../src/kit/logger.ts'
import { caseFixture } from '../../src/kit/sample-case.ts'
import { emptyCommit, type Store } from '../../src/kit/store.ts'
import { createCaller } from '../../src/respond/caller.ts'
import { createConnection } from '../../src/respond/connection.ts'
import { openRunEngine, type RunEngine } from '../../src/respond/engine.ts'
import { parsePlaybook, playbookSet } from '../../src/respond/playbook.ts'
import { type Responder, startResponder } from '../../src/respond/responder.ts'
import { openStore } from '../../src/store/open.ts'
import { type DeskServer, desk as plugin } from './desk.ts'

export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }

export interface House {
  readonly store: Store
  readonly engine: RunEngine
  readonly responder: Responder
  raise(...triggers: Partial<Trigger>[]): Promise<void>
  /** Until nothing waits and nothing runs. */
  settled(): Promise<void>
  close(): Promise<void>
}

export interface HouseOptions {
  readonly playbooks: readonly string[]
  readonly desk: Pick<DeskServer, 'url'>
  /** Where the state is; a temporary place when absent. */
  readonly state?: string
  readonly concurrent?: number
  readonly log?: Logger
}

export const openHouse = async (options: HouseOptions): Promise<House> => {
  const dir = options.state === undefined ? mkdtempSync(join(tmpdir(), 'riposte-respond-')) : undefined
  const state = options.state ?? join(dir!, 'riposte.db')
  const log = options.log ?? SILENT
  const store = await openStore(state)
  const engine = await openRunEngine({ state, log, alone: true, concurrent: options.concurrent ?? 32 })
  const playbooks = playbookSet(options.playbooks.map((text, i) => parsePlaybook(text, `playbook-${i}.yaml`)))
  const connection = createConnection({
    ...{ name: 'desk', plugin, session: plugin.connect({ url: options.desk.url }, { name: 'desk', clock: Date.now }) },
    ...{ limit: { perMinute: 60_000, concurrent: 32 }, timeout: 5000 },
  })
  const caller = createCaller({
    connections: () => new Map([['desk', connection]]),
    log,
    backoff: (attempt) => Math.min(400, 20 * 2 ** attempt),
  })
  const responder = startResponder({
    ...{ store, engine, log, caller, tlp: 'amber', keep: 86_400_000 },
    playbooks: () => playbooks,
    connectors: () => ['desk'],
    caseOf: async (trigger) =>
      trigger.incident === undefined ? null : caseFixture({ id: trigger.incident, severity: trigger.severity }),
    questionId: (root, step) => `q ${root} ${step}`,
    links: { link: ({ question, person = 'anybody' }) => `https://riposte.test/${question}/${person}` },
  })
  return {
    ...{ store, engine, responder },
    async raise(...triggers) {
      const base: Trigger = { kind: 'incident.opened', at: Date.now(), severity: 'high', subject: '203.0.113.7' }
      await store.commit({ ...emptyCommit(Date.now()), triggers: triggers.map((one) => ({ ...base, ...one })) })
      responder.nudge()
    },
    async settled() {
      for (let i = 0; i < 1200; i++, await sleep(25)) {
        if ((await store.triggered(1)).length > 0) continue
        const open = (await store.queued({ limit: 1000 })).filter((queued) => queued.state !== 'dead')
        if (open.length === 0) return
      }
      throw new Error(`not settled: ${JSON.stringify(await store.queued({ limit: 5 }))}`)
    },
    async close() {
      await responder.stop()
      await store.close()
      if (dir) rmSync(dir, { recursive: true, force: true })
    },
  }
}
