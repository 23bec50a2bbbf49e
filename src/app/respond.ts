/** Puts the responding half together: playbooks and connectors of the configuration, the engine, our own actions. */
import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../core/failure.ts'
import type { Finding } from '../core/finding.ts'
import { parseCidr } from '../core/ip.ts'
import type { Trigger, TriggerKind } from '../core/trigger.ts'
import type { Gate } from '../enforce/gate.ts'
import type { ApprovalLinks } from '../kit/approval-links.ts'
import type { Logger } from '../kit/logger.ts'
import type { Store } from '../kit/store.ts'
import { createCaller } from '../respond/caller.ts'
import { type CaseOptions, caseOf } from '../respond/case-of.ts'
import { type Connection, type ConnectionSettings, createConnection } from '../respond/connection.ts'
import { openRunEngine, type RunEngine } from '../respond/engine.ts'
import { listened } from '../respond/matching.ts'
import { type Responder, type ResponderOptions, startResponder } from '../respond/responder.ts'
import type { Config } from './config/schema.ts'
import { filedReport } from './incident-report.ts'
import { OWN_ACTIONS, type OwnDoor } from './own-actions.ts'
import { playbooksOf, withoutIdle } from './playbooks.ts'
import { gateFor } from './spared.ts'

/** ms */
const REOPEN = 5000

export interface Responding {
  /** Kinds of triggers that some playbook answers now. */
  readonly listens: ReadonlySet<TriggerKind>
  /** Takes up a changed configuration; runs under way keep their playbooks, and use the new connectors. */
  configure(config: Config): void
  /** There may be triggers. */
  nudge(): void
  close(): Promise<void>
}

const sessionOf = (settings: unknown, { name, plugin }: Pick<ConnectionSettings, 'name' | 'plugin'>): unknown => {
  try {
    return plugin.connect(settings, { name, clock: Date.now })
  } catch (cause) {
    const { message, remedy = 'Correct this entry under connectors:.' } = cause as Failure
    throw new Failure('CONNECTOR_UNUSABLE', `connector ${name}: ${message}`, { remedy, cause })
  }
}

/** Touches no network. Throws the Failure `CONNECTOR_UNUSABLE`, which names the entry: a file of its TLS that cannot be read. */
export const connectionsOf = (config: Config, door: OwnDoor): ReadonlyMap<string, Connection> => {
  const limit = { perMinute: 60_000, concurrent: 100 }
  const connections = config.connectors.map(({ config: settings, ...rest }) =>
    createConnection({ ...rest, session: sessionOf(settings, rest) }),
  )
  const riposte = createConnection({
    ...{ name: OWN_ACTIONS.id, plugin: OWN_ACTIONS, session: door, limit, timeout: 30_000 },
  })
  return new Map([riposte, ...connections].map((connection) => [connection.name, connection]))
}

const caseOptions = ({ playbooks: { tlp, link } }: Config): CaseOptions => ({
  tlp,
  ...(link === undefined ? {} : { link: link.replace(/\/+$/, '') }),
})

/** Nothing is looked up or reported about whom no decision may touch. */
export const sparedReason = (address: string, gate: Gate): string | undefined => {
  const cidr = parseCidr(address)
  if (!cidr) return 'it is no address'
  return gate.refuses(cidr)
}

/** A full disk must not keep the daemon from reading logs: until the engine opens, what is to be answered waits. */
const openPatiently = async (config: Config, log: Logger, signal: AbortSignal): Promise<RunEngine | undefined> => {
  while (!signal.aborted)
    try {
      return await openRunEngine({
        ...{ state: config.state.reveal(), log, alone: true, concurrent: config.playbooks.concurrent },
      })
    } catch (error) {
      log.error({ error: (error as Error).message }, 'the engine of playbooks does not open, will be tried again')
      await sleep(REOPEN, undefined, { signal }).catch(() => {})
    }
  return undefined
}

export const openResponse = (
  config: Config,
  store: Store,
  key: string,
  links: ApprovalLinks,
  log: Logger,
  finding: (finding: Finding) => void,
): Responding => {
  const ending = new AbortController()
  let now = config
  const door: OwnDoor = {
    ask: (command, by, at) => store.ask(command, by, at),
    answer: (number) => store.answer(number),
    report: (incident) => filedReport(incident, store, now, Date.now()),
  }
  let connections = connectionsOf(config, door)
  let playbooks = withoutIdle(playbooksOf(config), connections)
  const settings: Omit<ResponderOptions, 'engine'> = {
    ...{ store, log, tlp: config.playbooks.tlp, keep: config.playbooks.keep },
    caller: createCaller({
      ...{ connections: () => connections, log, signal: ending.signal },
      spared: async (address) => sparedReason(address, gateFor(now, await store.allowlist(), Date.now())),
    }),
    playbooks: () => playbooks,
    connectors: () => [...connections.keys()],
    caseOf: (trigger: Trigger) => caseOf(trigger, store, caseOptions(now)),
    ...{ links, finding },
    questionId: (root, step) =>
      `q-${createHmac('sha256', key).update(`question ${root} ${step}`).digest('hex').slice(0, 24)}`,
  }
  let responder: Responder | undefined
  const opened = (async () => {
    const engine = await openPatiently(config, log, ending.signal)
    if (engine) responder = startResponder({ ...settings, engine })
  })()

  return {
    get listens() {
      return listened(playbooks.values())
    },
    configure(next) {
      now = next
      connections = connectionsOf(next, door)
      playbooks = withoutIdle(playbooksOf(next), connections)
    },
    nudge: () => responder?.nudge(),
    async close() {
      ending.abort()
      await opened
      await responder?.stop()
    },
  }
}
