/**
 * Lists as they are passed around: CSV with or without headings, one address per line, Spamhaus DROP
 * (`192.0.2.0/24 ; SBL1`), FireHOL netsets, hosts files (`192.0.2.7 name`). Lines that start with # or ; are comments.
 */
import { splitRecord } from './csv.ts'
import type { Found, Reader } from './item.ts'
import { type Columns, columnsOf, delimiterOf, itemByContent, itemInColumns } from './list-columns.ts'
import { createLines, type Line } from './text-lines.ts'

/** Characters of a line that are kept. A record whose quotes span lines is given up beyond as many. */
const LIMIT = 64 * 1024
/** Lines of one quoted record: a quote that is forgotten must not swallow the list. */
const MOST_LINES = 20

const COMMENT = /^(?:[#;]|\/\/)/

export const createListReader = (): Reader => {
  const lines = createLines(LIMIT)
  let columns: Columns | undefined
  let begun = false
  /** Lines of a record whose quote is still open. */
  let held: Line[] = []

  const give = function* (record: string, first: Line): Iterable<Found> {
    const place = `${first.number}:1`
    if (columns) {
      const split = splitRecord(record, columns.delimiter)
      if ('fields' in split) yield itemInColumns(place, split.fields, columns)
      else yield misquoted(first, split)
      return
    }
    const delimiter = delimiterOf(record)
    const split = delimiter && splitRecord(record, delimiter)
    const words = /^(\S+)\s*(.*)$/s.exec(record)!
    const item =
      (split && 'fields' in split ? itemByContent(place, split.fields) : undefined) ??
      itemByContent(place, [words[1]!.replace(/[,;]$/, ''), words[2]!])
    // Told by the judge, with the words that were found instead of an address.
    yield item ?? { place, value: words[1]!.slice(0, 80) }
  }

  /** How the quotes of a record stand; without headings a quote in the middle of a remark means nothing. */
  const quotes = (record: string): 'closed' | 'open' | 'stray' => {
    const delimiter = columns?.delimiter ?? delimiterOf(record)
    if (!delimiter || !(columns ? record.includes('"') : /(?:^|[,;\t])\s*"/.test(record))) return 'closed'
    const split = splitRecord(record, delimiter)
    return 'openAt' in split ? 'open' : 'strayAt' in split ? 'stray' : 'closed'
  }

  const take = function* (line: Line): Iterable<Found> {
    if (held.length > 0) {
      const record = [...held, line].map(({ text }) => text).join('\n')
      const [first, ...more] = held
      const state = quotes(record)
      if (state === 'closed') {
        held = []
        yield* give(record, first!)
      } else if (state === 'stray' || held.length >= MOST_LINES || record.length > LIMIT || line.cut)
        yield* giveUp(first!, [...more, line])
      else held.push(line)
      return
    }
    const text = line.text.trim()
    if (text === '' || COMMENT.test(text)) return
    if (line.cut) {
      yield {
        place: `${line.number}:1`,
        problem: `the line is longer than ${LIMIT / 1024} KiB`,
        remedy: 'Write one entry per line.',
      }
      return
    }
    if (!begun) {
      begun = true
      columns = columnsOf(text)
      if (columns) return
    }
    if (quotes(text) === 'open') held.push(line)
    else yield* give(text, line)
  }

  /** The quote is closed nowhere that makes sense: only its own line is lost, the others are read anew. */
  const giveUp = function* (first: Line, more: readonly Line[]): Iterable<Found> {
    held = []
    const split = splitRecord(first.text, columns?.delimiter ?? delimiterOf(first.text) ?? ',')
    yield misquoted(first, 'fields' in split ? { openAt: 1 } : split)
    for (const line of more) yield* take(line)
  }

  return {
    *push(text) {
      for (const line of lines.push(text)) yield* take(line)
    },
    *end() {
      for (const line of lines.end()) yield* take(line)
      while (held.length > 0) yield* giveUp(held[0]!, held.slice(1))
    },
  }
}

const misquoted = (line: Line, fault: { readonly openAt: number } | { readonly strayAt: number }): Found =>
  'openAt' in fault
    ? {
        place: `${line.number}:${fault.openAt}`,
        problem: 'a quote that is never closed',
        remedy: 'Close it, or double a quote that belongs to the text.',
      }
    : {
        place: `${line.number}:${fault.strayAt}`,
        problem: 'text behind a closing quote',
        remedy: 'Double a quote that belongs to the text.',
      }
