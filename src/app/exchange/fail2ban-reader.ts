/**
 * What `fail2ban-client` prints: `status JAIL`, `banned`, `get JAIL banip` with and without `--with-time`. A list of
 * addresses stands on one line there, however long.
 */
import { SECOND } from '../../core/time.ts'
import type { Found, Reader } from './item.ts'
import { createLines, type Line } from './text-lines.ts'

/** Characters: about a million addresses. */
const LIMIT = 16 * 1024 * 1024

/** `203.0.113.7 \t2026-11-25 23:41:29 + 600 = 2026-11-25 23:51:29`, in the time zone of the machine that printed it. */
const TIMED = /^(\S+)\s+(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) \+ (-?\d{1,12}) = /

export const createFail2banReader = (): Reader => {
  const lines = createLines(LIMIT)
  let jail: string | undefined

  const item = (line: Line, column: number, value: string): Found => ({
    place: `${line.number}:${column}`,
    value,
    type: 'ban',
    ...(jail === undefined ? {} : { reason: jail }),
  })

  /** `[{'web': ['203.0.113.7']}, {'ssh': []}]`: a quoted word before a colon is a jail, the others are addresses. */
  const printed = function* (line: Line): Iterable<Found> {
    for (const match of line.text.matchAll(/'([^']{0,200})'(:)?/g)) {
      if (match[2]) jail = match[1]!
      else yield item(line, match.index + 2, match[1]!)
    }
  }

  const words = function* (line: Line, from: number): Iterable<Found> {
    for (const match of line.text.slice(from).matchAll(/\S+/g))
      yield item(line, from + match.index + 1, match[0].slice(0, 200))
  }

  const take = function* (line: Line): Iterable<Found> {
    const { text } = line
    const named = /^Status for the jail: *(\S{1,200})/.exec(text)?.[1]
    const timed = TIMED.exec(text)
    const list = /Banned IP list:/.exec(text)
    if (named !== undefined) jail = named
    else if (list) yield* words(line, list.index + list[0].length)
    else if (timed) {
      const [, value, year, month, day, hour, minute, second, length] = timed
      const at = new Date(+year!, +month! - 1, +day!, +hour!, +minute!, +second!).getTime()
      const until = length === '-1' ? Number.POSITIVE_INFINITY : at + Number(length) * SECOND
      yield { place: `${line.number}:1`, value: value!, type: 'ban', until }
    } else if (/^\s*\[/.test(text)) yield* printed(line)
    // The frame around the numbers of `status`.
    else if (!/^\s*(?:Status|[|`])/.test(text)) yield* words(line, 0)
    if (line.cut)
      yield {
        place: `${line.number}:${LIMIT}`,
        problem: `the line is longer than ${LIMIT / 1024 / 1024} MiB; the rest of it was not read`,
        remedy: "Import fail2ban's database instead.",
      }
  }

  return {
    *push(text) {
      for (const line of lines.push(text)) yield* take(line)
    },
    *end() {
      for (const line of lines.end()) yield* take(line)
    },
  }
}
