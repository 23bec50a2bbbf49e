/** From the text of a playbook's steps to what the interpreter walks: every problem is reported with its place. */
import { compileExpression, type Expression, isProblem, type Scope } from './expression.ts'
import type { Path, PlaybookFile } from './playbook-file.ts'
import { STEP_SCHEMAS, type StepKind, type TriggerText } from './playbook-schema.ts'
import type { Step, StepBase, Trigger } from './steps.ts'
import { compileTemplate, type Template } from './template.ts'

export class Compiler {
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
