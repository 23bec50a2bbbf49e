/**
 * What an expression may not do, beyond what its language forbids anyway: the strings that it looks at are the
 * attacker's, and one that takes seconds is a way to switch us off. No regular expressions, no `split`, and no
 * comprehension inside another.
 */
import { didYouMean } from '../core/did-you-mean.ts'
import { isNode } from './cel-node.ts'

export interface ExpressionProblem {
  readonly text: string
  /** Characters into the expression. */
  readonly at: number
}

export const EXPRESSION_LIMITS = {
  maxAstNodes: 400,
  maxDepth: 24,
  maxListElements: 64,
  maxMapEntries: 16,
  maxCallArguments: 8,
}
export const LONGEST_EXPRESSION = 2000

const COMPREHENSIONS = new Set(['exists', 'exists_one', 'all', 'map', 'filter'])
const REFUSED: Readonly<Record<string, string>> = {
  matches: 'regular expressions over attacker text are not allowed; use contains, startsWith, endsWith, under or ==',
  split: 'split is not allowed; use contains, startsWith, endsWith or under',
}

/** The first node that is forbidden. */
export const forbidden = (value: unknown, inside = false): ExpressionProblem | undefined => {
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = forbidden(item, inside)
      if (found) return found
    }
    return undefined
  }
  if (!isNode(value)) return undefined
  let within = inside
  if ((value.op === 'rcall' || value.op === 'call') && Array.isArray(value.args)) {
    const name = String(value.args[0])
    const refusal = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined
    if (refusal) return { text: refusal, at: value.pos ?? 0 }
    if (COMPREHENSIONS.has(name)) {
      if (inside) return { text: `${name} inside another comprehension is not allowed`, at: value.pos ?? 0 }
      within = true
    }
  }
  return forbidden(value.args, within)
}

/** What the parser or the type checker says, in one line, with a hint where a name is nearly one of `names`. */
export const problemOf = (error: unknown, names: readonly string[]): ExpressionProblem => {
  const summary = (error as { summary?: string }).summary ?? (error as Error).message.split('\n')[0]!
  const at = (error as { range?: { start: number } }).range?.start ?? 0
  const unknown = /^Unknown variable: (\w+)$/.exec(summary)?.[1]
  const near = unknown === undefined ? undefined : didYouMean(unknown, names)
  return { text: near === undefined ? summary : `${summary}; did you mean ${near}?`, at }
}
