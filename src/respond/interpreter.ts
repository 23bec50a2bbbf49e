/**
 * Runs one playbook. In: its steps, the run's data, a durable engine, those who carry actions out. Out: how it ended.
 *
 * It may be run from the start any number of times: every decision depends on the run's data and on remembered records
 * only, so it takes the same way each time. A step's name is its way through the playbook (`tell`, `each[3].ask`,
 * `other/tell`), and its idempotency key is made of that.
 */
import { iso, MINUTE, type Millis, SECOND } from '../core/time.ts'
import type { Durable } from './durable.ts'
import type { Values } from './expression.ts'
import type { Playbook } from './playbook.ts'
import type { RunInput, RunOutcome, StepRecord } from './run-input.ts'
import type { ActionStep, ApprovalStep, Step } from './steps.ts'

export interface Hands {
  /** Carries out one attempt. Does not throw for what the outside does. */
  act(order: ActionOrder): Promise<StepRecord>
  /** Asks whether what was accepted is done. */
  confirm(order: ActionOrder, output: unknown): Promise<StepRecord>
  undo(order: ActionOrder, output: unknown): Promise<StepRecord>
  /** Puts a question to people; the same one however often it is asked. */
  ask(question: Question): Promise<{ readonly id: string; readonly expiresAt: Millis }>
  /** By which link it is answered, by anybody or by one of these people; empty where we have no address. */
  link(question: string, person?: string): string
  /** The answer, once there is one; at its end the default is one. */
  answer(id: string): Promise<'approved' | 'rejected' | undefined>
  now(): Millis
}

export interface ActionOrder {
  readonly playbook: string
  readonly connector: string
  readonly action: string
  readonly input: unknown
  readonly key: string
  readonly attempt: number
  readonly timeout?: Millis
}

export interface Question {
  readonly step: string
  readonly ask: string
  readonly quorum: number
  readonly expires: Millis
  readonly default: 'approve' | 'reject'
}

class Ended extends Error {
  readonly outcome: RunOutcome
  readonly undo: boolean

  constructor(outcome: RunOutcome, undo = false) {
    super(outcome.why)
    this.outcome = outcome
    this.undo = undo
  }
}

interface Frame {
  /** Before each name: `other/`, `each[3].`. */
  readonly prefix: string
  readonly values: Values
  readonly steps: Record<string, unknown>
  readonly vars: Record<string, unknown>
}

interface Performed {
  readonly order: ActionOrder
  readonly name: string
  readonly output: unknown
}

const CONFIRM_FIRST: Millis = 5 * SECOND
const CONFIRM_LONGEST: Millis = 5 * MINUTE
const MOST_CONFIRMS = 20
/** A signal may be lost on the way, so the answer is looked at now and then. */
const LOOK_AGAIN: Millis = 60 * MINUTE

export const interpret = (
  run: RunInput,
  playbooks: ReadonlyMap<string, Playbook>,
  durable: Durable,
  hands: Hands,
): Promise<RunOutcome> => new Interpreter(run, playbooks, durable, hands).run()

class Interpreter {
  readonly #run: RunInput
  readonly #playbooks: ReadonlyMap<string, Playbook>
  readonly #durable: Durable
  readonly #hands: Hands
  readonly #performed: Performed[] = []
  readonly #skipped: Record<string, string> = {}

  constructor(run: RunInput, playbooks: ReadonlyMap<string, Playbook>, durable: Durable, hands: Hands) {
    this.#run = run
    this.#playbooks = playbooks
    this.#durable = durable
    this.#hands = hands
  }

  async run(): Promise<RunOutcome> {
    const outcome = await this.#outcome()
    return Object.keys(this.#skipped).length === 0 ? outcome : { ...outcome, skipped: this.#skipped }
  }

  async #outcome(): Promise<RunOutcome> {
    const { playbook: name, version, root, trigger } = this.#run
    const playbook = this.#playbooks.get(name)!
    const facts = this.#run.case
    const values = {
      trigger,
      case: facts,
      event: facts?.events.at(-1) ?? null,
      run: { id: root, playbook: name, version },
    }
    const vars = { ...playbook.vars, ...this.#run.vars }
    try {
      await this.#walk(playbook.steps, { prefix: '', values, steps: {}, vars })
    } catch (error) {
      if (!(error instanceof Ended)) throw error
      if (error.undo || this.#run.undo) await this.#undo()
      return this.#run.undo ? { state: 'done', why: 'undone' } : error.outcome
    }
    if (!this.#run.undo) return { state: 'done' }
    await this.#undo()
    return { state: 'done', why: 'undone' }
  }

  async #walk(steps: readonly Step[], frame: Frame): Promise<void> {
    for (const step of steps) await this.#step(step, frame)
  }

  async #step(step: Step, frame: Frame): Promise<void> {
    const values = { ...frame.values, steps: frame.steps, vars: frame.vars }
    const name = `${frame.prefix}${step.id}`
    const note = (record: Partial<StepRecord> & Pick<StepRecord, 'state'>): void => {
      frame.steps[step.id] = seen(record)
      if (record.state === 'skipped') this.#skipped[name] = record.why ?? ''
    }
    try {
      if (step.if && step.if.evaluate(values) !== true)
        return note({ state: 'skipped', why: `not so: ${step.if.source}` })
      switch (step.kind) {
        case 'action':
          return note(await this.#action(step, name, values))
        case 'parallel':
          await this.#parallel(step.branches, frame)
          return note({ state: 'done' })
        case 'foreach':
          return note(await this.#foreach(step, name, values, frame))
        case 'choice': {
          const isSo = step.condition.evaluate(values) === true
          await this.#walk(isSo ? step.yes : step.no, frame)
          return note({ state: 'done', output: isSo })
        }
        case 'wait':
          if (!this.#run.undo && !this.#run.done?.[name]) await this.#durable.sleep(name, step.wait)
          return note({ state: 'done' })
        case 'approval':
          return note(await this.#approval(step, name, values, frame))
        case 'call':
          return note(await this.#call(step, name, values))
        case 'set':
          Object.assign(frame.vars, step.set.fill(values))
          return note({ state: 'done' })
        case 'stop':
          throw new Ended({ state: 'stopped', why: String(step.reason.fill(values)), step: name })
      }
    } catch (error) {
      // An expression that has no value on this data: the playbook's fault, not the engine's.
      if ((error as { code?: unknown }).code !== 'EXPRESSION') throw error
      throw new Ended({ state: 'failed', why: (error as Error).message, step: name }, undoes(step))
    }
  }

  async #action(step: ActionStep, name: string, values: Values): Promise<StepRecord> {
    const input = step.with.fill(values)
    const key = `${this.#run.root}/${name}`
    const order = (attempt: number): ActionOrder => ({
      ...{ playbook: this.#run.playbook, connector: step.connector, action: step.action, input, key, attempt },
      ...(step.timeout === undefined ? {} : { timeout: step.timeout }),
    })
    const record = await this.#attempts(step, name, order)
    if (record.state === 'done') this.#performed.push({ order: order(0), name, output: record.output })
    if (record.state !== 'failed' || step.onError === 'continue' || this.#run.undo) return record
    throw new Ended({ state: 'failed', why: `${record.called}: ${record.why}`, step: name }, undoes(step))
  }

  async #attempts(step: ActionStep, name: string, order: (attempt: number) => ActionOrder): Promise<StepRecord> {
    const before = this.#run.done?.[name]
    // Of an earlier run only what is over counts: what failed there is what this run is for.
    if (before && before.state !== 'failed' && before.state !== 'retry') return before
    if (this.#run.undo) return { state: 'skipped', at: 0, why: 'never done' }
    if (this.#run.connectors && !this.#run.connectors.includes(step.connector))
      return { state: 'skipped', at: 0, why: `no connector ${JSON.stringify(step.connector)} is configured` }
    for (let attempt = 0; ; attempt++) {
      const label = attempt === 0 ? name : `${name}#${attempt}`
      const record = await this.#durable.once(label, () => this.#hands.act(order(attempt)))
      if (record.state === 'done') return record.confirmable ? this.#confirmed(name, order(attempt), record) : record
      if (record.state !== 'retry') return record
      if (attempt >= (step.retries ?? record.mostRetries ?? Number.POSITIVE_INFINITY))
        return { ...record, state: 'failed', why: `${record.why} (${attempt + 1} attempts)` }
      await this.#durable.sleep(`${label}~`, record.after ?? SECOND)
    }
  }

  /** Accepted is not done: where the outside lets us ask, we ask until it is. */
  async #confirmed(name: string, order: ActionOrder, record: StepRecord): Promise<StepRecord> {
    for (let n = 0; n < MOST_CONFIRMS; n++) {
      const answer = await this.#durable.once(`${name}?${n}`, () => this.#hands.confirm(order, record.output))
      if (answer.state === 'done') return { ...record, confirmed: true }
      if (answer.state === 'failed') return { ...answer, output: record.output }
      await this.#durable.sleep(`${name}?${n}~`, Math.min(CONFIRM_LONGEST, CONFIRM_FIRST * 2 ** n))
    }
    return { ...record, confirmed: false }
  }

  /** All branches get as far as they can before the run is put to sleep or fails: what one has done is remembered. */
  async #parallel(branches: readonly (readonly Step[])[], frame: Frame): Promise<void> {
    const settled = await Promise.allSettled(branches.map((branch) => this.#walk(branch, frame)))
    const reasons = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    const pause = reasons.find((reason) => !(reason instanceof Ended))
    if (pause !== undefined) throw pause
    if (reasons.length > 0) throw reasons[0]
  }

  async #foreach(
    step: Extract<Step, { kind: 'foreach' }>,
    name: string,
    values: Values,
    frame: Frame,
  ): Promise<StepRecord> {
    const list = step.in.evaluate(values)
    if (!Array.isArray(list)) throw new Ended({ state: 'failed', why: `${step.in.source} is no list`, step: name })
    const items = list.slice(0, step.most)
    for (const [i, item] of items.entries())
      await this.#walk(step.steps, {
        prefix: `${name}[${i}].`,
        values: { ...frame.values, [step.as]: item },
        steps: { ...frame.steps },
        vars: frame.vars,
      })
    const left = list.length - items.length
    return { state: 'done', at: 0, output: { count: items.length, left } }
  }

  async #approval(step: ApprovalStep, name: string, values: Values, frame: Frame): Promise<StepRecord> {
    const before = this.#run.done?.[name]
    if (before?.state === 'done') return before
    if (this.#run.undo) return { state: 'skipped', at: 0, why: 'never asked' }
    const { quorum, expires } = step
    const question = { step: name, ask: String(step.ask.fill(values)), quorum, expires, default: step.default }
    const { id, expiresAt } = await this.#durable.once(name, () => this.#hands.ask(question))
    await this.#tell(step, { id, ask: question.ask, until: iso(expiresAt) }, { ...frame, prefix: `${name}.` })
    for (let n = 0; ; n++) {
      const answer = await this.#durable.once(`${name}?${n}`, async () => ({
        outcome: (await this.#hands.answer(id)) ?? null,
        at: this.#hands.now(),
      }))
      if (answer.outcome !== null) {
        const approved = answer.outcome === 'approved'
        if (!approved && step.onReject === 'stop') throw new Ended({ state: 'stopped', why: 'rejected', step: name })
        return { state: 'done', at: answer.at, output: { approved, id } }
      }
      const left = Math.max(1, expiresAt - answer.at)
      await this.#durable.wait(`${name}~${n}`, approvalSignal(id), Math.min(LOOK_AGAIN, left))
    }
  }

  /** Links are made anew each time, and never written down: they are keys. */
  async #tell(
    { tell, people }: ApprovalStep,
    facts: { readonly id: string; readonly ask: string; readonly until: string },
    frame: Frame,
  ): Promise<void> {
    const question = {
      ...facts,
      link: this.#hands.link(facts.id),
      links: Object.fromEntries(people.map((person) => [person, this.#hands.link(facts.id, person)])),
    }
    await this.#walk(tell, { ...frame, values: { ...frame.values, question }, steps: { ...frame.steps } })
  }

  async #call(step: Extract<Step, { kind: 'call' }>, name: string, values: Values): Promise<StepRecord> {
    const playbook = this.#playbooks.get(step.playbook)!
    const vars = { ...playbook.vars, ...(step.with.fill(values) as Values) }
    try {
      const { trigger, case: facts, event, run } = values
      await this.#walk(playbook.steps, {
        prefix: `${name}/`,
        values: { trigger, case: facts, event, run },
        steps: {},
        vars,
      })
    } catch (error) {
      // A called playbook that stops ends itself, not its caller.
      if (!(error instanceof Ended) || error.outcome.state !== 'stopped') throw error
      return { state: 'done', at: 0, output: { stopped: error.outcome.why, vars } }
    }
    return { state: 'done', at: 0, output: { vars } }
  }

  async #undo(): Promise<void> {
    for (const { order, name, output } of this.#performed.toReversed())
      for (let attempt = 0; ; attempt++) {
        const label = `${name}!${attempt}`
        const record = await this.#durable.once(label, () => this.#hands.undo({ ...order, attempt }, output))
        if (record.state !== 'retry' || attempt >= MOST_CONFIRMS) break
        await this.#durable.sleep(`${label}~`, record.after ?? SECOND)
      }
  }
}

const undoes = (step: Step): boolean => step.kind === 'action' && step.onError === 'undo'

export const approvalSignal = (id: string): string => `approval ${id}`

/** A step as later steps see it. */
const seen = (record: Partial<StepRecord> & Pick<StepRecord, 'state'>) => ({
  ok: record.state === 'done',
  state: record.state,
  output: record.output ?? null,
  error: record.state === 'failed' ? { code: record.code ?? '', text: record.why ?? '' } : null,
  ...(record.confirmed === undefined ? {} : { confirmed: record.confirmed }),
})
