/**
 * A playbook, ready to run. In: the text of one YAML file. Out: its steps with every expression compiled. Promised:
 * nothing is guessed; an unknown key, a step that names one that comes later, an expression that reaches for anything but
 * the run's data are errors with file, line, column and, where one is near, the word that was meant.
 */
import { hash } from 'node:crypto'
import { Failure } from '../core/failure.ts'
import type { Millis } from '../core/time.ts'
import type { Scope } from './expression.ts'
import { Compiler } from './playbook-compiler.ts'
import { openPlaybookFile } from './playbook-file.ts'
import { playbookSchema } from './playbook-schema.ts'
import type { Step, Trigger } from './steps.ts'

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
