import type { z } from 'zod'
import { didYouMean } from '../core/did-you-mean.ts'
import { exampleAt, keysAt } from './schema-walk.ts'

/** One finding of the schema in words for a person, with the path of the place to point at. */
export interface Explained {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly remedy?: string
  /** True when the key itself is wrong, not its value. */
  readonly atKey?: boolean
}

type Issue = z.core.$ZodIssue

const WORDS: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping (keys and values)',
  record: 'a mapping (keys and values)',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

const found = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (value === null) return 'nothing (an empty value)'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'string' ? 'text' : `the ${typeof value} ${String(value)}`
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((v, key) => (v !== null && typeof v === 'object' ? Reflect.get(v, key) : undefined), value)

const listed = (values: readonly unknown[]): string => values.map(String).join(', ')

/** A union or an unknown key can hold several findings; everything else gives one. */
export const explainIssue = (issue: Issue, schema: z.ZodType, input: unknown): readonly Explained[] => {
  const { path } = issue
  const value = valueAt(input, path)
  const one = (message: string, remedy?: string): readonly Explained[] => [
    remedy === undefined || remedy === '' ? { path, message } : { path, message, remedy },
  ]
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path)
      return issue.keys.map((key) => {
        const near = didYouMean(key, known)
        return {
          path: [...path, key],
          atKey: true,
          message: `unknown key ${JSON.stringify(key)}`,
          remedy: near ? `Did you mean ${near}?` : `Known here: ${listed(known)}.`,
        }
      })
    }
    case 'invalid_type':
      if (value === undefined) return one('is missing', `Write ${WORDS[issue.expected] ?? issue.expected} here.`)
      return one(
        `expects ${WORDS[issue.expected] ?? issue.expected}, found ${found(value)}`,
        typeRemedy(issue.expected, value, exampleAt(schema, path)),
      )
    case 'invalid_value': {
      const near = typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : undefined
      const all = `One of: ${listed(issue.values)}.`
      return one(
        typeof value === 'string'
          ? `${JSON.stringify(value)} is not known here`
          : `expects one of its words, found ${found(value)}`,
        near ? `Did you mean ${near}? ${all}` : all,
      )
    }
    case 'too_small':
      return one(
        issue.origin === 'array'
          ? 'the list is empty'
          : issue.origin === 'string'
            ? 'is empty'
            : `${String(value)} is too small`,
        issue.origin === 'number' || issue.origin === 'int'
          ? `Write ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}.`
          : 'Write at least one.',
      )
    case 'too_big':
      return one(
        `${String(value)} is too large`,
        `Write ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}.`,
      )
    case 'invalid_union': {
      // The branch that fits the value's kind says best what is wrong with it; else say what kinds would do.
      const inner = issue.errors.find(
        (errors) => errors.length > 0 && !errors.some((e) => e.code === 'invalid_type' && e.path.length === 0),
      )
      if (inner) return inner.flatMap((e) => explainIssue({ ...e, path: [...path, ...e.path] } as Issue, schema, input))
      const kinds = issue.errors.flatMap((errors) =>
        errors.map((e) => (e.code === 'invalid_type' ? (WORDS[e.expected] ?? e.expected) : '')),
      )
      return one(
        value === undefined
          ? 'is missing'
          : `expects ${[...new Set(kinds.filter(Boolean))].join(' or ')}, found ${found(value)}`,
      )
    }
    case 'custom':
      return one(issue.message, issue.params?.['remedy'] as string | undefined)
    default:
      return one(issue.message)
  }
}

const typeRemedy = (expected: string, value: unknown, example: string | undefined): string | undefined => {
  if (expected === 'array' && (typeof value === 'string' || typeof value === 'object'))
    return 'Begin each entry with "- ".'
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return example ? `Write it like ${example}.` : `Put it in quotes: "${String(value)}".`
  if (expected === 'boolean' && typeof value === 'string') return 'YAML knows only true and false, without quotes.'
  return undefined
}
