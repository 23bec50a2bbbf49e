/**
 * Values with `${{ expression }}` in them. A text that is one expression and nothing else yields its value as it is;
 * inside other text an expression yields text. What an expression yields is never looked at for expressions again.
 */
import { compileExpression, type Expression, isProblem, type Scope, type Values } from './expression.ts'

export interface TemplateProblem {
  /** Keys and positions from the template's root. */
  readonly path: readonly (string | number)[]
  readonly text: string
  /** Characters into the text at `path`. */
  readonly at: number
}

export interface Template {
  fill(values: Values): unknown
  /** The value at this key, when it holds no expression: what can be checked beforehand. */
  readonly fixed: (key: string) => unknown
  readonly keys: readonly string[]
}

type Filling = (values: Values) => unknown

const OPEN = '$' + '{{'
const MARK = /\$\{\{([\s\S]*?)\}\}/g

export const compileTemplate = (value: unknown, scope: Scope): { template: Template; problems: TemplateProblem[] } => {
  const problems: TemplateProblem[] = []
  const filling = compile(value, scope, [], problems)
  const object = value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}
  return {
    problems,
    template: {
      fill: filling,
      keys: Object.keys(object),
      fixed: (key) => {
        const part = (object as Values)[key]
        return holdsExpression(part) ? undefined : part
      },
    },
  }
}

export const holdsExpression = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.includes(OPEN)
    : value !== null && typeof value === 'object' && Object.values(value).some(holdsExpression)

const compile = (
  value: unknown,
  scope: Scope,
  path: readonly (string | number)[],
  problems: TemplateProblem[],
): Filling => {
  if (typeof value === 'string') return compileText(value, scope, path, problems)
  if (Array.isArray(value)) {
    const parts = value.map((part, i) => compile(part, scope, [...path, i], problems))
    return (values) => parts.map((part) => part(values))
  }
  if (value !== null && typeof value === 'object') {
    const parts = Object.entries(value).map(
      ([key, part]) => [key, compile(part, scope, [...path, key], problems)] as const,
    )
    return (values) => Object.fromEntries(parts.map(([key, part]) => [key, part(values)]))
  }
  return () => value
}

const compileText = (
  text: string,
  scope: Scope,
  path: readonly (string | number)[],
  problems: TemplateProblem[],
): Filling => {
  const parts: (string | Expression)[] = []
  let end = 0
  for (const match of text.matchAll(MARK)) {
    parts.push(text.slice(end, match.index))
    end = match.index + match[0].length
    const expression = compileExpression(match[1]!.trim(), scope)
    const start = match.index + 3 + match[1]!.length - match[1]!.trimStart().length
    if (isProblem(expression)) problems.push({ path, text: expression.text, at: start + expression.at })
    else parts.push(expression)
  }
  const rest = text.slice(end)
  if (rest.includes(OPEN)) problems.push({ path, text: `${OPEN} is not closed by }}`, at: end + rest.indexOf(OPEN) })
  parts.push(rest)
  const filled = parts.filter((part) => part !== '')
  const only = filled.length === 1 ? filled[0] : undefined
  if (only !== undefined && typeof only !== 'string') return (values) => only.evaluate(values)
  return (values) => filled.map((part) => (typeof part === 'string' ? part : worded(part.evaluate(values)))).join('')
}

const worded = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
