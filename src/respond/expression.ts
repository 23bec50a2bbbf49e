/**
 * Expressions of playbooks in CEL. In: the text. Out: a value computed from the run's data, and nothing else: there is
 * no way to files, environment, network or the program itself. Names that a playbook does not have, and steps that come
 * later, are errors when it is checked, not when it runs.
 */
import { Environment } from '@marcbachmann/cel-js'
import { didYouMean } from '../core/did-you-mean.ts'
import { Failure } from '../core/failure.ts'
import {
  EXPRESSION_LIMITS,
  type ExpressionProblem,
  forbidden,
  LONGEST_EXPRESSION,
  problemOf,
} from '../kit/cel-guard.ts'
import { isNode } from '../kit/cel-node.ts'

/** What an expression may name, by where it stands. */
export interface Scope {
  /** Items of the loops around it. */
  readonly items: readonly string[]
  /** Steps that are over by then, or may be. */
  readonly steps: readonly string[]
  readonly vars: readonly string[]
}

/** Always there. `case` as in kit/case-file.ts; `event` is the latest of its events. */
export const NAMES = ['trigger', 'case', 'event', 'run', 'steps', 'vars'] as const

export type Values = Readonly<Record<string, unknown>>

export interface Expression {
  readonly source: string
  /** JSON. Throws the Failure `EXPRESSION` when it cannot be evaluated on this data, e.g. on a key that is not there. */
  evaluate(values: Values): unknown
}

export const isProblem = (value: object): value is ExpressionProblem => 'at' in value

const environments = new Map<string, Environment>()

const environmentOf = (items: readonly string[]): Environment => {
  const key = items.join(' ')
  const known = environments.get(key)
  if (known) return known
  const environment = new Environment({ limits: EXPRESSION_LIMITS })
  for (const name of [...NAMES, ...items]) environment.registerVariable(name, 'dyn')
  environments.set(key, environment)
  return environment
}

export const compileExpression = (source: string, scope: Scope): Expression | ExpressionProblem => {
  if (source.length > LONGEST_EXPRESSION)
    return { text: `the expression is longer than ${LONGEST_EXPRESSION} characters`, at: LONGEST_EXPRESSION }
  const names = [...NAMES, ...scope.items]
  try {
    const parsed = environmentOf(scope.items).parse(source)
    const refusal = forbidden(parsed.ast) ?? unknownMember(parsed.ast, scope)
    if (refusal) return refusal
    const checked = parsed.check()
    if (!checked.valid) return problemOf(checked.error, names)
    return {
      source,
      evaluate(values) {
        try {
          return plain(parsed(values as Record<string, unknown>))
        } catch (cause) {
          throw new Failure('EXPRESSION', `${source}: ${problemOf(cause, names).text}`, {
            remedy: 'Ask with has(…) first where something may be absent.',
            cause,
          })
        }
      },
    }
  } catch (error) {
    return problemOf(error, names)
  }
}

/** Reads `steps.later` and `vars.unset` off the syntax tree. */
const unknownMember = (value: unknown, scope: Scope): ExpressionProblem | undefined => {
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = unknownMember(item, scope)
      if (found) return found
    }
    return undefined
  }
  if (!isNode(value)) return undefined
  const member = memberOf(value)
  if (member && !member.among(scope).includes(member.name)) {
    const near = didYouMean(member.name, member.among(scope))
    return {
      text: `${member.missing(member.name)}${near === undefined ? '' : `; did you mean ${near}?`}`,
      at: value.pos ?? 0,
    }
  }
  return unknownMember(value.args, scope)
}

const OWNERS: Readonly<Record<string, { among(scope: Scope): readonly string[]; missing(name: string): string }>> = {
  steps: {
    among: ({ steps }) => steps,
    missing: (name) => `no step ${JSON.stringify(name)} comes before this one`,
  },
  vars: {
    among: ({ vars }) => vars,
    missing: (name) => `nothing sets the variable ${JSON.stringify(name)} before this step`,
  },
}

const memberOf = (node: { readonly op: string; readonly args: unknown }) => {
  if ((node.op !== '.' && node.op !== '[]') || !Array.isArray(node.args)) return undefined
  const [object, key] = node.args as unknown[]
  const owner = isNode(object) && object.op === 'id' ? String(object.args) : ''
  if (!Object.hasOwn(OWNERS, owner)) return undefined
  const name = typeof key === 'string' ? key : isNode(key) && key.op === 'value' ? String(key.args) : undefined
  return name === undefined ? undefined : { name, ...OWNERS[owner]! }
}

/** CEL counts in BigInt, JSON does not. */
const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [String(key), plain(inner)]))
  if (value !== null && typeof value === 'object') {
    if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null)
      throw new Error('the value cannot be written as JSON')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  }
  return value
}
