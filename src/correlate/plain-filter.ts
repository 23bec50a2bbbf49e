/**
 * The plain part of CEL as closures: comparisons, `in`, and/or/not, and the tests on texts, over what an event holds.
 * Nearly every filter is no more than that, and walking its syntax tree anew for every event would cost more than all
 * else that a scenario does. Enters: a type-checked expression. Leaves: the same predicate, or undefined when anything
 * in it is not plain; the CEL evaluator then stays in charge. Nothing that is plain can fail.
 */

import { isNode, type Node } from '../kit/cel-node.ts'
import { EVENT_VARIABLES, type EventVariable, type EventView } from './event-view.ts'
import { WORD_TESTS } from './word-tests.ts'

type Read<T> = (view: EventView) => T
type Term =
  | { readonly is: 'text'; readonly read: Read<string>; readonly literal?: string }
  | { readonly is: 'number'; readonly read: Read<number>; readonly literal?: number }
  | { readonly is: 'truth'; readonly read: Read<boolean> }
  | { readonly is: 'texts'; readonly read: Read<readonly string[]> }

const truth = (read: Read<boolean>): Term => ({ is: 'truth', read })

const literal = (value: unknown): Term | undefined => {
  if (typeof value === 'string') return { is: 'text', read: () => value, literal: value }
  if (typeof value === 'boolean') return truth(() => value)
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || (typeof value === 'bigint' && !Number.isSafeInteger(number))) return undefined
  return { is: 'number', read: () => number, literal: number }
}

const variable = (name: unknown): Term | undefined => {
  if (name === 'status') return { is: 'number', read: (view) => view.event.response.status }
  if (typeof name !== 'string' || !Object.hasOwn(EVENT_VARIABLES, name)) return undefined
  const of = name as EventVariable
  const type = EVENT_VARIABLES[of]
  if (type === 'string') return { is: 'text', read: (view) => view[of] as string }
  if (type === 'double') return { is: 'number', read: (view) => view[of] as number }
  if (type === 'bool') return truth((view) => view[of] as boolean)
  return type === 'list<string>' ? { is: 'texts', read: (view) => view[of] as readonly string[] } : undefined
}

const TEXT_TESTS: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
}

const ORDER: Readonly<Record<string, (a: Read<number>, b: Read<number>) => Read<boolean>>> = {
  '<': (a, b) => (view) => a(view) < b(view),
  '<=': (a, b) => (view) => a(view) <= b(view),
  '>': (a, b) => (view) => a(view) > b(view),
  '>=': (a, b) => (view) => a(view) >= b(view),
}

const call = ([name, receiver, given]: readonly unknown[]): Term | undefined => {
  const text = termOf(receiver)
  const args = Array.isArray(given) ? (given as unknown[]) : []
  if (text?.is !== 'text' || typeof name !== 'string' || args.length !== 1) return undefined
  const { read } = text
  if (Object.hasOwn(WORD_TESTS, name)) {
    const words = wordsOf(args[0])
    const test = words && WORD_TESTS[name]!(words)
    return test && truth((view) => test(read(view)))
  }
  const part = termOf(args[0])
  if (part?.is !== 'text' || !Object.hasOwn(TEXT_TESTS, name)) return undefined
  const test = TEXT_TESTS[name]!
  return truth((view) => test(read(view), part.read(view)))
}

/** Of a list of literal texts. */
export const wordsOf = (list: unknown): readonly string[] | undefined => {
  if (!isNode(list) || list.op !== 'list' || !Array.isArray(list.args)) return undefined
  const words = (list.args as unknown[]).map((item) => (isNode(item) && item.op === 'value' ? item.args : undefined))
  return words.every((word) => typeof word === 'string') ? (words as string[]) : undefined
}

const member = (left: Term, list: unknown): Term | undefined => {
  if (left.is !== 'text') return undefined
  const { read } = left
  const words = wordsOf(list)
  if (words) return truth((view) => words.includes(read(view)))
  const texts = termOf(list)
  return texts?.is === 'texts' ? truth((view) => texts.read(view).includes(read(view))) : undefined
}

const binary = (op: string, left: Term, right: Term): Term | undefined => {
  if (left.is === 'truth' && right.is === 'truth') {
    const [a, b] = [left.read, right.read]
    if (op === '&&') return truth((view) => a(view) && b(view))
    if (op === '||') return truth((view) => a(view) || b(view))
  }
  if (left.is === 'texts' || left.is !== right.is) return undefined
  const [a, b] = [left.read as Read<unknown>, right.read as Read<unknown>]
  if (op === '==') return truth((view) => a(view) === b(view))
  if (op === '!=') return truth((view) => a(view) !== b(view))
  return left.is === 'number' && right.is === 'number' && Object.hasOwn(ORDER, op)
    ? truth(ORDER[op]!(left.read, right.read))
    : undefined
}

const termOf = (node: unknown): Term | undefined => {
  if (!isNode(node)) return undefined
  const { op, args } = node as Node
  if (op === 'value') return literal(args)
  if (op === 'id') return variable(args)
  if (op === '!_') {
    const of = termOf(args)
    return of?.is === 'truth' ? truth((view) => !of.read(view)) : undefined
  }
  if (!Array.isArray(args)) return undefined
  if (op === 'rcall') return call(args)
  const left = termOf(args[0])
  if (!left) return undefined
  if (op === 'in') return member(left, args[1])
  const right = termOf(args[1])
  return right && binary(op, left, right)
}

/** The predicate, or undefined when the expression is more than plain. */
export const plainFilter = (ast: unknown): ((view: EventView) => boolean) | undefined => {
  const term = termOf(ast)
  return term?.is === 'truth' ? term.read : undefined
}
