/**
 * Filters in CEL: compiled once, type-checked, bounded.
 * Enters: an expression and its place in a file. Leaves: a predicate that never throws and counts its own errors.
 * Promised: linear in the size of the event. Regular expressions and `split` are refused, and one comprehension may
 * not run inside another: the strings are the attacker's, and a filter that takes seconds is a way to switch us off.
 */
import { Environment, ParseError } from '@marcbachmann/cel-js'
import type { Conduct } from '../core/alert.ts'
import {
  EXPRESSION_LIMITS,
  type ExpressionProblem,
  forbidden,
  LONGEST_EXPRESSION,
  problemOf,
} from '../kit/cel-guard.ts'
import { isNode, type Node } from '../kit/cel-node.ts'
import { EVENT_VARIABLES, type EventView } from './event-view.ts'
import type { Standing } from './evidence-room.ts'
import { plainFilter, wordsOf } from './plain-filter.ts'
import { WORD_TESTS } from './word-tests.ts'

export interface Filter<View> {
  readonly source: string
  /** False also when the expression cannot be evaluated on this value; `errors` then grows. */
  test(view: View): boolean
  readonly errors: number
  /**
   * Attack classes of which the event must have one for the expression to be true, read off the expression itself;
   * undefined when it may be true of any. Asking this first spares most evaluations.
   */
  readonly classes: ReadonlySet<string> | undefined
}

const eventEnvironment = new Environment({ limits: EXPRESSION_LIMITS })
for (const [name, type] of Object.entries(EVENT_VARIABLES)) eventEnvironment.registerVariable(name, type)

for (const [name, testFor] of Object.entries(WORD_TESTS)) {
  const macro = ({ args, receiver }: { args: Node[]; receiver: Node }) => {
    const words = wordsOf(args[0])
    if (!words?.length) throw new ParseError(`${name} takes a list of words in quotes`, args[0] as never)
    const test = testFor(words)
    return {
      typeCheck(checker: Checker, _macro: unknown, context: unknown) {
        const type = checker.check(receiver, context)
        if (type.name !== 'string')
          throw checker.createError('no_matching_overload', `${name} is asked of a text, not of ${type.name}`, receiver)
        return checker.getType('bool')
      },
      evaluate: (evaluator: Evaluator, _macro: unknown, context: unknown) =>
        test(String(evaluator.run(receiver, context))),
    }
  }
  eventEnvironment.registerFunction(`string.${name}(ast): bool`, macro as never)
}

interface Checker {
  check(node: Node, context: unknown): { readonly name: string }
  getType(name: string): unknown
  createError(code: string, text: string, node: Node): Error
}

interface Evaluator {
  run(node: Node, context: unknown): unknown
}

const CONDUCT_VARIABLES = {
  requests: 'int',
  clean: 'int',
  matched: 'int',
  user_agents: 'int',
  sessions: 'int',
  confidence: 'double',
} as const

const conductEnvironment = new Environment({ limits: EXPRESSION_LIMITS })
for (const [name, type] of Object.entries(CONDUCT_VARIABLES)) conductEnvironment.registerVariable(name, type)

/** Of `'sqli' in classes`, alone, joined by ||, or as a part of &&. */
const classesOf = (value: unknown): ReadonlySet<string> | undefined => {
  if (!isNode(value) || !Array.isArray(value.args)) return undefined
  const [left, right] = value.args as unknown[]
  if (value.op === 'in')
    return isNode(left) && left.op === 'value' && isNode(right) && right.op === 'id' && right.args === 'classes'
      ? new Set([String(left.args)])
      : undefined
  const [a, b] = value.op === '||' || value.op === '&&' ? [classesOf(left), classesOf(right)] : []
  if (value.op === '||') return a && b ? new Set([...a, ...b]) : undefined
  return a ?? b
}

const compile = <View>(
  environment: Environment,
  names: readonly string[],
  source: string,
  plain: (ast: unknown) => ((view: View) => boolean) | undefined,
): Filter<View> | ExpressionProblem => {
  if (source.length > LONGEST_EXPRESSION)
    return { text: `the expression is longer than ${LONGEST_EXPRESSION} characters`, at: LONGEST_EXPRESSION }
  try {
    const expression = environment.parse(source)
    const refusal = forbidden(expression.ast)
    if (refusal) return refusal
    const checked = expression.check()
    if (!checked.valid) return problemOf(checked.error, names)
    if (checked.type !== 'bool') return { text: `the expression yields ${checked.type}, not true or false`, at: 0 }
    const test = plain(expression.ast) ?? ((view: View) => expression(view as object) === true)
    const filter = {
      source,
      errors: 0,
      classes: classesOf(expression.ast),
      test(view: View): boolean {
        try {
          return test(view)
        } catch {
          filter.errors++
          return false
        }
      },
    }
    return filter
  } catch (error) {
    return problemOf(error, names)
  }
}

export const isProblem = (value: object): value is ExpressionProblem => 'at' in value && !('test' in value)

export const compileEventFilter = (source: string): Filter<EventView> | ExpressionProblem =>
  compile(eventEnvironment, Object.keys(EVENT_VARIABLES), source, plainFilter)

/** Over what is known of the actor at the moment a bucket overflows. */
export const compileConductFilter = (source: string): Filter<ConductView> | ExpressionProblem =>
  compile(conductEnvironment, Object.keys(CONDUCT_VARIABLES), source, () => undefined)

export type ConductView = Readonly<Record<keyof typeof CONDUCT_VARIABLES, bigint | number>>

export const conductView = (conduct: Conduct, standing: Standing | undefined): ConductView => ({
  requests: BigInt(conduct.requests),
  clean: BigInt(conduct.clean),
  matched: BigInt(conduct.matched),
  user_agents: BigInt(conduct.userAgents),
  sessions: BigInt(conduct.sessions),
  confidence: standing?.confidence ?? 0,
})
