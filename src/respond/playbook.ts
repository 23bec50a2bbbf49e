/**
 * A playbook, ready to run. In: the text of one YAML file. Out: its steps with every expression compiled. Promised:
 * nothing is guessed; an unknown key, a step that names one that comes later, an expression that reaches for anything but
 * the run's data are errors with file, line, column and, where one is near, the word that was meant.
 */
import { hash } from 'node:crypto'
import type { Severity } from '../core/event.ts'
import { Failure } from '../core/failure.ts'
import type { Millis } from '../core/time.ts'
import { compileExpression, type Expression, isProblem, type Scope } from './expression.ts'
import type { Path, PlaybookFile } from './playbook-file.ts'
import { openPlaybookFile } from './playbook-file.ts'
import { playbookSchema, STEP_SCHEMAS, type StepKind, type TriggerText } from './playbook-schema.ts'
import { compileTemplate, type Template } from './template.ts'

export interface Trigger {
  /** `incident.opened`, `decision.added`, `schedule`, … */
  readonly kinds: readonly string[]
  readonly schedule?: string
  readonly severity?: Severity
  readonly types?: readonly string[]
  readonly if?: Expression
}

interface StepBase {
  readonly id: string
  /** Where it stands in the file, for messages. */
  readonly place: string
  readonly if?: Expression
}

export interface ActionStep extends StepBase {
  readonly kind: 'action'
  readonly connector: string
  readonly action: string
  readonly with: Template
  readonly timeout?: Millis
  readonly retries?: number
  readonly onError: 'stop' | 'continue' | 'undo'
}

export interface ApprovalStep extends StepBase {
  readonly kind: 'approval'
  readonly ask: Template
  readonly quorum: number
  readonly expires: Millis
  readonly default: 'approve' | 'reject'
  readonly onReject: 'stop' | 'continue'
  /** Those who get a link of their own. */
  readonly people: readonly string[]
  /** Carried out once the question is put; `question` is among their items. */
  readonly tell: readonly Step[]
}

export type Step =
  | ActionStep
  | ApprovalStep
  | (StepBase & { readonly kind: 'parallel'; readonly branches: readonly (readonly Step[])[] })
  | (StepBase & {
      readonly kind: 'foreach'
      readonly in: Expression
      readonly as: string
      readonly most: number
      readonly steps: readonly Step[]
    })
  | (StepBase & {
      readonly kind: 'choice'
      readonly condition: Expression
      readonly yes: readonly Step[]
      readonly no: readonly Step[]
    })
  | (StepBase & { readonly kind: 'wait'; readonly wait: Millis })
  | (StepBase & { readonly kind: 'call'; readonly playbook: string; readonly with: Template })
  | (StepBase & { readonly kind: 'set'; readonly set: Template })
  | (StepBase & { readonly kind: 'stop'; readonly reason: Template })

export interface Playbook {
  readonly name: string
  readonly summary: string
  readonly enabled: boolean
  /** Twelve hex digits that change with the text. */
  readonly version: string
  readonly text: string
  readonly file: string
  readonly on: readonly Trigger[]
  readonly queue: { readonly by: 'incident' | 'subject' | 'none'; readonly coalesce: boolean }
  readonly perHour: number
  readonly deadline: Millis
  readonly vars: Readonly<Record<string, unknown>>
  readonly steps: readonly Step[]
}

/** Reads one file. Throws the Failure `PLAYBOOK_INVALID`, which lists every problem as `file:line:column: text`. */
export const parsePlaybook = (text: string, file: string): Playbook => {
  const source = openPlaybookFile(text, file)
  const read = source.read(playbookSchema, [])
  if (!read) throw source.failure()
  const names: Scope = { items: [], steps: [], vars: Object.keys(read.vars) }
  const compiler = new Compiler(source)
  const playbook: Playbook = {
    name: read.name,
    summary: read.summary,
    enabled: read.enabled,
    version: hash('sha256', text, 'hex').slice(0, 12),
    text,
    file,
    on: read.on.map((trigger, i) => compiler.trigger(trigger, i)),
    queue: read.queue,
    perHour: read.limit.perHour,
    deadline: read.deadline,
    vars: read.vars,
    steps: compiler.steps(read.steps, ['steps'], names).steps,
  }
  if (source.problems.length > 0) throw source.failure()
  return playbook
}

class Compiler {
  readonly #source: PlaybookFile
  readonly #ids = new Set<string>()

  constructor(source: PlaybookFile) {
    this.#source = source
  }

  trigger(text: TriggerText, index: number): Trigger {
    const nothing: Scope = { items: [], steps: [], vars: [] }
    const condition = this.#expression(text.if, ['on', index, 'if'], nothing)
    return {
      kinds: [
        ...(text.alert ?? []).map((what) => `alert.${what}`),
        ...(text.incident ?? []).map((what) => `incident.${what}`),
        ...(text.decision ?? []).map((what) => `decision.${what}`),
        ...(text.schedule === undefined ? [] : ['schedule']),
      ],
      ...(text.schedule === undefined ? {} : { schedule: text.schedule }),
      ...(text.severity === undefined ? {} : { severity: text.severity }),
      ...(text.types === undefined ? {} : { types: text.types }),
      ...(condition ? { if: condition } : {}),
    }
  }

  /** The steps, and what those after them may name. */
  steps(
    texts: readonly unknown[],
    path: Path,
    scope: Scope,
  ): { readonly steps: readonly Step[]; readonly scope: Scope } {
    let now = scope
    const steps: Step[] = []
    for (const [i, text] of texts.entries()) {
      const compiled = this.#step(text, [...path, i], now)
      if (!compiled) continue
      steps.push(compiled.step)
      now = { ...compiled.scope, steps: [...compiled.scope.steps, compiled.step.id] }
    }
    return { steps, scope: now }
  }

  #step(text: unknown, path: Path, scope: Scope): { readonly step: Step; readonly scope: Scope } | undefined {
    const kind = this.#kindOf(text, path)
    if (!kind) return undefined
    const base = (read: { readonly id?: string | undefined; readonly if?: string | undefined }): StepBase => {
      const condition = this.#expression(read.if, [...path, 'if'], scope)
      return {
        id: this.#id(read.id, path),
        place: this.#source.where(path),
        ...(condition ? { if: condition } : {}),
      }
    }
    switch (kind) {
      case 'action': {
        const read = this.#source.read(STEP_SCHEMAS.action, path)
        if (!read) return undefined
        const [connector = '', action = ''] = read.action.split('.')
        return {
          scope,
          step: {
            ...base(read),
            kind,
            connector,
            action,
            with: this.#template(read.with, [...path, 'with'], scope),
            ...(read.timeout === undefined ? {} : { timeout: read.timeout }),
            ...(read.retries === undefined ? {} : { retries: read.retries }),
            onError: read.onError,
          },
        }
      }
      case 'parallel': {
        const read = this.#source.read(STEP_SCHEMAS.parallel, path)
        if (!read) return undefined
        const branches = read.parallel.map((branch, i) => this.steps(branch, [...path, 'parallel', i], scope))
        const steps = [...new Set([...scope.steps, ...branches.flatMap((branch) => branch.scope.steps)])]
        const vars = [...new Set([...scope.vars, ...branches.flatMap((branch) => branch.scope.vars)])]
        return {
          scope: { ...scope, steps, vars },
          step: { ...base(read), kind, branches: branches.map((branch) => branch.steps) },
        }
      }
      case 'foreach': {
        const read = this.#source.read(STEP_SCHEMAS.foreach, path)
        if (!read) return undefined
        const list = this.#expression(read.foreach, [...path, 'foreach'], scope)
        const inside = { ...scope, items: [...scope.items.filter((name) => name !== read.as), read.as] }
        const { steps } = this.steps(read.steps, [...path, 'steps'], inside)
        return list && { scope, step: { ...base(read), kind, in: list, as: read.as, most: read.most, steps } }
      }
      case 'when': {
        const read = this.#source.read(STEP_SCHEMAS.when, path)
        if (!read) return undefined
        const condition = this.#expression(read.when, [...path, 'when'], scope)
        const yes = this.steps(read.do, [...path, 'do'], scope)
        const no = this.steps(read.else ?? [], [...path, 'else'], scope)
        const steps = [...new Set([...yes.scope.steps, ...no.scope.steps])]
        const vars = [...new Set([...yes.scope.vars, ...no.scope.vars])]
        return (
          condition && {
            scope: { ...scope, steps, vars },
            step: { ...base(read), kind: 'choice', condition, yes: yes.steps, no: no.steps },
          }
        )
      }
      case 'wait': {
        const read = this.#source.read(STEP_SCHEMAS.wait, path)
        return read && { scope, step: { ...base(read), kind, wait: read.wait } }
      }
      case 'approval': {
        const read = this.#source.read(STEP_SCHEMAS.approval, path)
        if (!read) return undefined
        const { ask, tell = [], ...rest } = read.approval
        const question = this.#template(ask, [...path, 'approval', 'ask'], scope)
        const inside = { ...scope, items: [...scope.items.filter((name) => name !== 'question'), 'question'] }
        const { steps } = this.steps(tell, [...path, 'approval', 'tell'], inside)
        return { scope, step: { ...base(read), kind, ...rest, ask: question, tell: steps } }
      }
      case 'call': {
        const read = this.#source.read(STEP_SCHEMAS.call, path)
        if (!read) return undefined
        const given = this.#template(read.with, [...path, 'with'], scope)
        return { scope, step: { ...base(read), kind, playbook: read.call, with: given } }
      }
      case 'set': {
        const read = this.#source.read(STEP_SCHEMAS.set, path)
        if (!read) return undefined
        const vars = [...new Set([...scope.vars, ...Object.keys(read.set)])]
        const set = this.#template(read.set, [...path, 'set'], scope)
        return { scope: { ...scope, vars }, step: { ...base(read), kind, set } }
      }
      case 'stop': {
        const read = this.#source.read(STEP_SCHEMAS.stop, path)
        if (!read) return undefined
        const reason = this.#template(read.stop, [...path, 'stop'], scope)
        return { scope, step: { ...base(read), kind, reason } }
      }
    }
  }

  #kindOf(text: unknown, path: Path): StepKind | undefined {
    const kinds = Object.keys(STEP_SCHEMAS) as StepKind[]
    const given = kinds.filter((kind) => text !== null && typeof text === 'object' && kind in text)
    if (given.length === 1) return given[0]
    this.#source.report(
      path,
      given.length === 0
        ? `this step says nothing to do; write one of ${kinds.join(', ')}`
        : `this step says ${given.join(' and ')}; make two steps of it`,
    )
    return undefined
  }

  #id(given: string | undefined, path: Path): string {
    const id =
      given ??
      `step_${path
        .filter((part) => typeof part === 'number')
        .map((n) => Number(n) + 1)
        .join('_')}`
    if (this.#ids.has(id)) this.#source.report([...path, 'id'], `a step ${JSON.stringify(id)} exists already`)
    this.#ids.add(id)
    return id
  }

  #expression(source: string | undefined, path: Path, scope: Scope): Expression | undefined {
    if (source === undefined) return undefined
    const compiled = compileExpression(source, scope)
    if (!isProblem(compiled)) return compiled
    this.#source.reportInside(path, source, compiled.at, compiled.text)
    return undefined
  }

  #template(value: unknown, path: Path, scope: Scope): Template {
    const { template, problems } = compileTemplate(value, scope)
    for (const problem of problems) {
      const at = [...path, ...problem.path]
      this.#source.reportInside(at, String(this.#source.given(at)), problem.at, problem.text)
    }
    return template
  }
}

/** The names that are called from these steps. */
export const called = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap((step) => [...(step.kind === 'call' ? [step.playbook] : []), ...insideOf(step).flatMap(called)])

/** Connectors of its actions, and of those of the playbooks that it calls. */
export const connectorsIn = (playbook: Playbook, all: ReadonlyMap<string, Playbook>): readonly string[] => {
  const within = (steps: readonly Step[]): readonly string[] =>
    steps.flatMap((step) => [...(step.kind === 'action' ? [step.connector] : []), ...insideOf(step).flatMap(within)])
  return [...within(playbook.steps), ...called(playbook.steps).flatMap((name) => connectorsIn(all.get(name)!, all))]
}

/** Lists of steps inside a step. */
export const insideOf = (step: Step): readonly (readonly Step[])[] => {
  if (step.kind === 'parallel') return step.branches
  if (step.kind === 'foreach') return [step.steps]
  if (step.kind === 'approval') return [step.tell]
  return step.kind === 'choice' ? [step.yes, step.no] : []
}

/** All playbooks by name. Throws `PLAYBOOK_INVALID` when two have one name, a call leads nowhere, or in a circle. */
export const playbookSet = (playbooks: readonly Playbook[]): ReadonlyMap<string, Playbook> => {
  const set = new Map<string, Playbook>()
  const fail = (playbook: Playbook, text: string): never => {
    throw new Failure('PLAYBOOK_INVALID', `${playbook.file}:1:1: ${text}`, { remedy: 'Correct the file named.' })
  }
  // Later ones, the operator's own, take the place of shipped ones of the same name.
  for (const playbook of playbooks) set.set(playbook.name, playbook)
  const walk = (playbook: Playbook, above: readonly string[]): void => {
    for (const name of called(playbook.steps)) {
      if ([...above, playbook.name].includes(name)) fail(playbook, `${name} is called in a circle`)
      const next = set.get(name)
      if (next) walk(next, [...above, playbook.name])
      else fail(playbook, `there is no playbook ${JSON.stringify(name)} to call`)
    }
  }
  for (const playbook of set.values()) walk(playbook, [])
  return set
}
