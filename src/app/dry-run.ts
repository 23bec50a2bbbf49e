/**
 * A playbook, or one action, on real data without an effect: every request is shown as it would go out, secrets masked.
 * Look-ups are not made either, so what depends on their answers goes on with nothing, and says so.
 */
import { Failure } from '../core/failure.ts'
import type { Trigger } from '../core/trigger.ts'
import type { CaseFile } from '../kit/case-file.ts'
import { DryRunEnd, dryHttp, type Shown } from '../kit/dry-http.ts'
import { createCaller } from '../respond/caller.ts'
import { type ActionOrder, type Hands, interpret } from '../respond/interpreter.ts'
import { MemoryEngine } from '../respond/memory-engine.ts'
import type { Playbook } from '../respond/playbook.ts'
import type { RunOutcome, StepRecord } from '../respond/run-input.ts'
import type { Config } from './config/schema.ts'
import type { OwnDoor } from './own-actions.ts'
import { connectionsOf } from './respond.ts'

export interface Rehearsed {
  readonly called: string
  readonly key: string
  readonly state: StepRecord['state']
  readonly why?: string
  readonly shown: readonly Shown[]
}

/** Nobody asks anything, so there is nothing to answer. */
const LINK = '<the link to answer by>'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** Shows the commands that would come in by the front door, and says yes to them. */
const paperDoor = (shown: Shown[]): OwnDoor => ({
  async ask(command) {
    shown.push({ to: 'riposte', text: JSON.stringify(command) })
    return 1
  },
  answer: async () => ({ ok: true, text: 'dry run' }),
  report: async () => ({ markdown: '' }),
})

const rehearsing = (config: Config) => {
  let shown: Shown[] = []
  const show = (one: Shown): void => void shown.push(one)
  const connections = connectionsOf(config, paperDoor({ push: show } as unknown as Shown[]))
  const caller = createCaller({
    connections: () => connections,
    log: SILENT,
    http: dryHttp(show),
    dry: (one) => {
      show(one)
      throw new DryRunEnd()
    },
  })
  return async (order: ActionOrder, tlp: CaseFile['tlp']): Promise<{ record: StepRecord; rehearsed: Rehearsed }> => {
    shown = []
    const record = await caller.act(order, tlp)
    const { state, why } = record
    const called = `${order.connector}.${order.action}`
    return { record, rehearsed: { called, key: order.key, state, ...(why === undefined ? {} : { why }), shown } }
  }
}

export interface RehearsalOf {
  readonly playbook: Playbook
  readonly playbooks: ReadonlyMap<string, Playbook>
  readonly trigger: Trigger
  readonly case: CaseFile | null
  readonly vars?: Readonly<Record<string, unknown>>
}

/** Questions are answered with yes; waits are passed over. */
export const rehearsePlaybook = async (
  { playbook, playbooks, trigger, case: facts, vars }: RehearsalOf,
  config: Config,
): Promise<{ readonly outcome: RunOutcome; readonly steps: readonly Rehearsed[] }> => {
  const steps: Rehearsed[] = []
  const act = rehearsing(config)
  const hands: Hands = {
    async act(order) {
      const { record, rehearsed } = await act(order, facts?.tlp ?? config.playbooks.tlp)
      steps.push(rehearsed)
      return record
    },
    confirm: async () => ({ state: 'done', at: 0 }),
    undo: async () => ({ state: 'skipped', at: 0 }),
    ask: async ({ step, ask }) => {
      steps.push({ called: 'approval', key: step, state: 'done', shown: [{ to: 'people', text: ask }] })
      return { id: step, expiresAt: 0 }
    },
    link: () => LINK,
    answer: async () => 'approved',
    now: Date.now,
  }
  const outcome = await interpret(
    {
      ...{ root: 'dry-run', playbook: playbook.name, version: playbook.version, texts: {}, trigger, case: facts },
      ...(vars ? { vars } : {}),
    },
    playbooks,
    new MemoryEngine(),
    hands,
  )
  return { outcome, steps }
}

/** One action on a case: inputs that the case can fill are filled, the others must be given. */
export const rehearseAction = async (
  name: string,
  action: string,
  given: Readonly<Record<string, unknown>>,
  facts: CaseFile,
  config: Config,
): Promise<Rehearsed> => {
  const connector = config.connectors.find((one) => one.name === name)
  const wanted = connector?.plugin.actions[action]
  if (!wanted)
    throw new Failure('NOT_FOUND', `${name} has no action ${JSON.stringify(action)}`, {
      remedy: 'See riposte connectors show.',
    })
  const shape = 'shape' in wanted.input ? Object.keys(wanted.input.shape as object) : []
  const filled = Object.fromEntries(shape.flatMap((key) => (key in FILLERS ? [[key, FILLERS[key]!(facts)]] : [])))
  const input = { ...filled, ...given }
  const { rehearsed } = await rehearsing(config)(
    { playbook: 'test', connector: name, action, input, key: 'dry-run/test', attempt: 0 },
    facts.tlp,
  )
  return rehearsed
}

const FILLERS: Readonly<Record<string, (facts: CaseFile) => unknown>> = {
  case: (facts) => facts,
  event: ({ events }) => events.at(-1),
  events: ({ events }) => events,
  address: ({ subject }) => subject.value,
  ip: ({ subject }) => subject.value,
  value: ({ subject }) => subject.value,
  key: ({ id }) => id,
  title: ({ title }) => title,
  text: ({ title }) => title,
  reason: ({ title }) => title,
}
