/**
 * The flat objects of a JSON text, one by one as the text arrives: a list of a million decisions is never in memory at
 * once. An object is flat when it holds no object and no array; that is what a decision is, however deep it lies.
 */
export interface FlatObject {
  /** Line and column of its opening brace. */
  readonly place: string
  readonly text: string
  /** The key under which the array (or the object itself) lies; undefined at the root. */
  readonly within: string | undefined
  /** False when it is a value by itself and no element of an array. */
  readonly element: boolean
}

export interface JsonFault {
  readonly place: string
  readonly problem: string
  /** True when nothing behind it can be understood. */
  readonly fatal: boolean
}

export interface JsonScanner {
  push(text: string): Iterable<FlatObject | JsonFault>
  end(): Iterable<FlatObject | JsonFault>
}

/** Characters of one object or word. */
const LIMIT = 64 * 1024

interface Frame {
  readonly kind: '{' | '['
  readonly within: string | undefined
  readonly element: boolean
  readonly place: string
  /** Where it starts in the buffer while it is flat; -1 once it holds something else or has grown too long. */
  start: number
  tooLong: boolean
  /** The key whose value comes next. */
  key: string | undefined
}

/** What may come next: a value, a value or the end of the array, a key (or the end), a colon, a comma or the end. */
type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'comma'

export const createJsonScanner = (): JsonScanner => {
  let buffer = ''
  let at = 0
  let line = 1
  /** Column of buffer[i] is i - lineStart + 1. */
  let lineStart = 0
  let expected: Expected = 'value'
  let failed = false
  /** Inside a string that is too long to keep. */
  let skipping = false
  const frames: Frame[] = []

  const place = (index: number): string => `${line}:${index - lineStart + 1}`
  const fail = (problem: string): JsonFault => {
    failed = true
    return { place: place(at), problem, fatal: true }
  }

  /** Index behind the closing quote of the string that starts at `from`, or -1 while it has not arrived. */
  const stringEnd = (from: number): number => {
    for (let quote = buffer.indexOf('"', from); quote >= 0; quote = buffer.indexOf('"', quote + 1)) {
      let backslashes = 0
      while (quote - 1 - backslashes >= from && buffer[quote - 1 - backslashes] === '\\') backslashes++
      if (backslashes % 2 === 0) return quote + 1
    }
    return -1
  }

  /** The object grows beyond what is kept: it is read past. */
  const giveUp = (): void => {
    const frame = frames.at(-1)
    if (frame?.kind === '{' && frame.start >= 0) {
      frame.start = -1
      frame.tooLong = true
    }
  }

  const afterValue = (): void => {
    expected = frames.length === 0 ? 'value' : 'comma'
    const frame = frames.at(-1)
    if (frame?.kind === '{') frame.key = undefined
  }

  const open = (kind: '{' | '['): void => {
    const parent = frames.at(-1)
    if (parent) {
      parent.start = -1
      parent.tooLong = false
    }
    frames.push({
      kind,
      within: parent?.kind === '{' ? parent.key : parent?.within,
      element: parent?.kind === '[',
      place: place(at),
      start: kind === '{' ? at : -1,
      tooLong: false,
      key: undefined,
    })
    expected = kind === '{' ? 'first key' : 'first value'
    at++
  }

  const close = (): FlatObject | JsonFault | undefined => {
    const { start, tooLong, place, within, element } = frames.pop()!
    at++
    afterValue()
    if (tooLong) return { place, problem: `an entry longer than ${LIMIT / 1024} KiB`, fatal: false }
    return start < 0 ? undefined : { place, text: buffer.slice(start, at), within, element }
  }

  const mayBeValue = (): boolean => expected === 'value' || expected === 'first value'
  const mayBeKey = (): boolean => expected === 'key' || expected === 'first key'

  const scan = function* (last: boolean): Iterable<FlatObject | JsonFault> {
    while (at < buffer.length && !failed) {
      const char = buffer[at]!
      if (skipping) {
        const end = stringEnd(at)
        if (end < 0) {
          // A backslash at the very end belongs to what comes next.
          let tail = 0
          while (buffer.length - tail > at && buffer[buffer.length - tail - 1] === '\\') tail++
          at = buffer.length - (tail % 2)
          return
        }
        at = end
        skipping = false
        afterString()
      } else if (char === '\n') {
        line++
        lineStart = ++at
      } else if (char === ' ' || char === '\t' || char === '\r') at++
      else if (char === '"') {
        if (!mayBeValue() && !mayBeKey()) return yield fail('a text where none may stand')
        const end = stringEnd(at + 1)
        if (end < 0 && buffer.length - at <= LIMIT) return
        if (end < 0) {
          giveUp()
          skipping = true
          at++
          continue
        }
        const frame = frames.at(-1)
        if (mayBeKey()) frame!.key = buffer.slice(at + 1, Math.min(end - 1, at + 65))
        at = end
        afterString()
      } else if (char === '{' || char === '[') {
        if (!mayBeValue()) return yield fail(`${char} where none may stand`)
        if (frames.length >= 64) return yield fail('more than 64 levels deep')
        open(char)
      } else if (char === '}' || char === ']') {
        const fits = char === '}' ? '{' : '['
        if (
          frames.at(-1)?.kind !== fits ||
          (expected !== 'comma' && expected !== (fits === '{' ? 'first key' : 'first value'))
        )
          return yield fail(`${char} where none may stand`)
        const found = close()
        if (found) yield found
      } else if (char === ':' && expected === 'colon') {
        at++
        expected = 'value'
      } else if (char === ',' && expected === 'comma') {
        at++
        expected = frames.at(-1)!.kind === '{' ? 'key' : 'value'
      } else {
        const word = /[\w.+-]*/y
        word.lastIndex = at
        const text = word.exec(buffer)![0]
        if (at + text.length === buffer.length && !last && text.length <= LIMIT) return
        if (!mayBeValue() || !/^(?:true|false|null|-?\d[\d.eE+-]*)$/.test(text.slice(0, 400)))
          return yield fail(`${JSON.stringify(text.slice(0, 20) || char)} where none may stand`)
        at += text.length
        afterValue()
      }
      const frame = frames.at(-1)
      if (frame && frame.start >= 0 && at - frame.start > LIMIT) giveUp()
    }
  }

  const afterString = (): void => {
    if (mayBeKey()) expected = 'colon'
    else afterValue()
  }

  /** What is done with leaves the buffer. */
  const forget = (): void => {
    const frame = frames.at(-1)
    const from = frame && frame.start >= 0 ? frame.start : at
    buffer = buffer.slice(from)
    at -= from
    lineStart -= from
    if (frame && frame.start >= 0) frame.start = 0
  }

  return {
    *push(text) {
      if (failed) return
      buffer += text
      yield* scan(false)
      forget()
    },
    *end() {
      if (failed) return
      yield* scan(true)
      if (!failed && (frames.length > 0 || at < buffer.length))
        yield fail('the text ends in the middle of an entry or list')
    },
  }
}
