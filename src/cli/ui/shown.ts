/** Requests as people read them: method and address, headers, body; and what is no HTTP. */
import type { Shown } from '../../kit/dry-http.ts'
import { printable } from './printable.ts'

const MOST_LINES = 60

const pretty = (body: string): string => {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

export const shownLines = (shown: Shown, indent = '  '): readonly string[] => {
  if ('to' in shown) return [`${indent}to ${shown.to}`, ...bodyLines(shown.text, indent)]
  const headers = Object.entries(shown.headers).map(([name, value]) => `${indent}${name}: ${printable(value)}`)
  const body = shown.body === undefined ? [] : ['', ...bodyLines(pretty(shown.body), indent)]
  return [`${indent}${shown.method} ${printable(shown.url)}`, ...headers, ...body]
}

const bodyLines = (text: string, indent: string): readonly string[] => {
  const lines = text.split('\n')
  const shown = lines.slice(0, MOST_LINES).map((line) => `${indent}${printable(line)}`)
  return lines.length > MOST_LINES
    ? [...shown, `${indent}… ${lines.length - MOST_LINES} more lines (--json shows all)`]
    : shown
}
