/**
 * Headers out of JSON. An engine writes a repeated header as a repeated key, of which JSON.parse keeps only the last:
 * an attacker who sends `X-Forwarded-For` twice would choose which one we see. So the pairs are counted in the raw
 * text, and read from there when some are missing from the parsed object. `__proto__` is a name like any other.
 */
import type { HeaderList } from '../core/event.ts'
import { detached } from './decode.ts'
import { stringEnd } from './json-string.ts'
import { asObject } from './record-shape.ts'

const QUOTE = 34

const blank = (code: number): boolean => code <= 32 && (code === 32 || code === 10 || code === 13 || code === 9)

const skipBlanks = (text: string, from: number): number => {
  let at = from
  while (blank(text.charCodeAt(at))) at++
  return at
}

/**
 * Counts the pairs of the object that opens right before `from`, and puts them into `list` when there is one; -1 when a
 * value is no string. The text around it is known to be JSON, so the walk needs no other check.
 */
const walkPairs = (text: string, from: number, list?: [string, string][]): number => {
  let pairs = 0
  let at = skipBlanks(text, from)
  while (text.charCodeAt(at) === QUOTE) {
    const name = at + 1
    const nameEnd = stringEnd(text, name)
    at = skipBlanks(text, skipBlanks(text, nameEnd + 1) + 1)
    if (nameEnd < 0 || text.charCodeAt(at) !== QUOTE) return -1
    const value = at + 1
    const valueEnd = stringEnd(text, value)
    if (valueEnd < 0) return -1
    pairs++
    if (list) list.push([unescaped(text, name, nameEnd), unescaped(text, value, valueEnd)])
    at = skipBlanks(text, valueEnd + 1)
    if (text.charCodeAt(at) === 44) at = skipBlanks(text, at + 1)
  }
  return pairs
}

const unescaped = (text: string, from: number, to: number): string => {
  const raw = text.slice(from, to)
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : detached(raw)
}

/**
 * The header list of `parsed`, an object that lies in the JSON `text` as the value of the first `"headers"` key at or
 * after `from`. Values may be strings, or lists of strings (Coraza).
 */
export const jsonHeaders = (parsed: unknown, text: string, from: number): HeaderList => {
  const object = asObject(parsed)
  if (!object) return []
  const opening = text.indexOf('"headers":{', from)
  const pairs = opening < 0 ? 0 : walkPairs(text, opening + 11)
  const list: [string, string][] = []
  let names = 0
  for (const name in object) {
    names++
    const value = object[name]
    if (typeof value === 'string') list.push([name, value])
    else if (Array.isArray(value)) for (const item of value) list.push([name, scalarText(item)])
    else list.push([name, scalarText(value)])
  }
  if (pairs <= names) return list
  const all: [string, string][] = []
  walkPairs(text, opening + 11, all)
  return all
}

const scalarText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
