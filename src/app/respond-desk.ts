/** What people do about playbooks and runs from the command line: look, start, answer, cancel, replay. */

import { Failure } from '../core/failure.ts'
import { parseCidr } from '../core/ip.ts'
import type { Trigger } from '../core/trigger.ts'
import type { CaseFile } from '../kit/case-file.ts'
import type { Store } from '../kit/store.ts'
import { caseOf } from '../respond/case-of.ts'
import { openRunEngine, type RunEngine } from '../respond/engine.ts'
import type { RunView } from '../respond/run-view.ts'
import type { Config } from './config/schema.ts'
import { playbooksOf } from './playbooks.ts'

export type { RunEngine } from '../respond/engine.ts'
export type { RunView, StepView } from '../respond/run-view.ts'

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }

/** The engine for looking and ending; works on nothing, and makes nothing where no daemon has run yet. */
export const withRuns = async <T>(config: Config, work: (engine: RunEngine) => Promise<T>): Promise<T> => {
  const engine = await openRunEngine({ state: config.state.reveal(), log: QUIET, create: false })
  try {
    return await work(engine)
  } finally {
    await engine.stop()
  }
}

/** By its id, or the beginning of it. Throws NOT_FOUND. */
export const findRun = async (engine: RunEngine, name: string): Promise<RunView> => {
  const whole = await engine.run(name)
  const found = whole ? [whole] : (await engine.runs(1000)).filter(({ id }) => id.startsWith(name))
  if (found.length === 1) return found[0]!
  const text = found.length === 0 ? `no run is called ${name}` : `${name} is the beginning of several runs`
  throw new Failure('NOT_FOUND', text, { remedy: 'See riposte runs list --json.' })
}

/** The trigger and case for something that people name: an incident, an alert, a decision, an address; else the latest incident. */
export const aboutByName = async (
  name: string | undefined,
  store: Store,
  config: Config,
  now: number,
): Promise<{ readonly trigger: Trigger; readonly case: CaseFile | null }> => {
  const trigger = await triggerFor(name, store, now)
  const { tlp, link } = config.playbooks
  return { trigger, case: await caseOf(trigger, store, { tlp, ...(link === undefined ? {} : { link }) }) }
}

export interface ByHand {
  readonly playbook: string
  readonly about?: string | undefined
  readonly vars?: Readonly<Record<string, unknown>>
}

/** Queues a playbook as a person would. Throws NOT_FOUND when there is no such playbook, or nothing of that name. */
export const startByHand = async (order: ByHand, store: Store, config: Config, now: number): Promise<void> => {
  const { playbook, about, vars = {} } = order
  const known = playbooksOf(config)
  if (!known.has(playbook))
    throw new Failure('NOT_FOUND', `there is no playbook ${JSON.stringify(playbook)}`, {
      remedy: `There are ${[...known.keys()].join(', ')}.`,
    })
  const { trigger } = await aboutByName(about, store, config, now)
  const entry = { playbook, about: `by hand ${now}`, coalesce: false, trigger: { ...trigger, data: { vars } } }
  await store.enqueue([], [entry], now)
}

const triggerFor = async (name: string | undefined, store: Store, now: number): Promise<Trigger> => {
  const base = { kind: 'manual', at: now, severity: 'info' } as const
  if (name?.startsWith('a-')) {
    const [alert] = await store.alerts({ ids: [name], limit: 1 })
    if (alert) return { ...base, severity: alert.severity, subject: alert.subject.value, alert: alert.id }
  } else if (name?.startsWith('d-')) {
    const [decision] = await store.decisions({ id: name, limit: 1 })
    if (decision) return { ...base, subject: decision.value, decision: decision.id, type: decision.type }
  } else {
    const query = name === undefined ? {} : name.startsWith('i-') ? { id: name } : { subject: name }
    const [incident] = await store.incidents({ ...query, limit: 1 })
    if (incident)
      return { ...base, severity: incident.severity, subject: incident.subject.value, incident: incident.id }
    const value = parseCidr(name ?? '')?.text
    const [decision] = value === undefined ? [] : await store.decisions({ value, limit: 1 })
    if (decision) return { ...base, subject: decision.value, decision: decision.id, type: decision.type }
  }
  if (name === undefined) return { ...base, subject: '' }
  throw new Failure('NOT_FOUND', `nothing is known as ${name}`, {
    remedy: 'Give the id of an incident, an alert or a decision, or an address: riposte incidents list.',
  })
}
