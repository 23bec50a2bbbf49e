/** Answers as text, piece by piece: a million decisions are never one string, and never hold up everything else. */
import { parseCidr } from '../../core/ip.ts'
import type { Millis } from '../../core/time.ts'
import type { Roster } from '../../kit/roster.ts'
import type { Entry } from '../../kit/sink.ts'
import { EXPANDED, goDuration, type LapiDecision, lapiDecisions } from './decision.ts'
import type { Answer } from './delivery.ts'
import type { Dialect } from './dialect.ts'

/** A subject that an answer held. */
export interface Sent {
  readonly entry: Entry
  readonly act: 'block' | 'unblock'
}

/** Decisions per piece. */
const CHUNK = 500

/** `{"new":…,"deleted":…}` piece by piece. Each list is `null` when it is empty. */
export async function* streamText(
  answer: Answer,
  dialect: Dialect,
  isDelta: boolean,
  roster: Roster,
  clock: () => Millis,
  note: (entry: Entry, act: Sent['act']) => void,
): AsyncGenerator<string> {
  const deleted: LapiDecision[] = []
  const shortened: Entry[] = []
  for (const entry of answer.ended) {
    note(entry, 'unblock')
    for (const decision of lapiDecisions(entry, dialect, '1s')) {
      const other = longest(decision.value, dialect, roster)
      if (!other) deleted.push(decision)
      // Another decision holds there still, perhaps for a shorter time than the client was told.
      else shortened.push({ ...other, value: decision.value })
    }
  }
  const renews = isDelta && dialect.renewsByDeleting
  const wanted = (entry: Entry): boolean => {
    if (renews) deleted.push(...lapiDecisions(entry, dialect, '1s'))
    return true
  }
  function* fresh(): Generator<Entry> {
    for (const entry of answer.fresh) {
      note(entry, 'block')
      yield entry
    }
    yield* shortened
  }
  yield '{"new":'
  yield* listText(fresh(), wanted, dialect, clock, roster)
  yield deleted.length === 0 ? ',"deleted":null}' : `,"deleted":${JSON.stringify(deleted)}}`
}

/** Of the decisions that such a client holds under one address, the one that lasts longest. */
const longest = (value: string, dialect: Dialect, roster: Roster): Entry | undefined => {
  const width = value.includes(':') ? 128 : 32
  const around: string[] = []
  if (!dialect.ranges && !value.includes('/'))
    for (let size = 2; size <= EXPANDED; size *= 2) around.push(parseCidr(`${value}/${width - Math.log2(size)}`)!.text)
  let found: Entry | undefined
  for (const text of [value, ...around]) {
    const entry = roster.get(text)
    if (entry && entry.type !== 'watch' && (!found || entry.until > found.until)) found = entry
  }
  return found
}

/** `[…]`, or `null` when nothing is wanted. With the roster, each value lasts as long as the longest decision on it. */
export async function* listText(
  entries: Iterable<Entry>,
  wanted: (entry: Entry) => boolean,
  dialect: Dialect,
  clock: () => Millis,
  roster?: Roster,
): AsyncGenerator<string> {
  let texts: string[] = []
  let first = true
  const piece = (): string => {
    const text = `${first ? '[' : ','}${texts.join(',')}`
    first = false
    texts = []
    return text
  }
  for (const entry of entries) {
    if (entry.until <= clock() || !wanted(entry)) continue
    for (const decision of lapiDecisions(entry, dialect, '')) {
      const until = (roster && !dialect.ranges && longest(decision.value, dialect, roster)?.until) || entry.until
      texts.push(JSON.stringify({ ...decision, duration: goDuration(until - clock()) }))
    }
    if (texts.length >= CHUNK) yield piece()
  }
  if (texts.length > 0) yield piece()
  yield first ? 'null' : ']'
}
