/** Coraza, `SecAuditLogFormat Native`: the frame of ModSecurity 2 with another clock and other words in part H. */
import type { RawMatch } from '../core/event.ts'
import type { Format } from '../kit/parse.ts'
import { corazaTime, corazaWords } from './coraza-words.ts'
import { clfTime } from './log-time.ts'
import { type Dialect, readNative, type Trailer } from './native.ts'
import { nativeFramer } from './native-framer.ts'

const trailer = (lines: readonly string[]): Trailer => {
  const matches: RawMatch[] = []
  let intercepted = false
  for (const line of lines) {
    const { match, denied } = corazaWords(line)
    if (match) matches.push(match)
    intercepted ||= denied
  }
  return intercepted ? { matches, intercepted } : { matches }
}

const dialect: Dialect = {
  engine: 'coraza',
  time: (text, _id, context) => (text[2] === '/' ? clfTime(text) : corazaTime(text, context.zoneMinutes)),
  trailer,
}

export const corazaNative: Format = {
  id: 'coraza-native',
  summary: 'Coraza audit log, native',
  frame: (options) => nativeFramer(options),
  parse: (record, context) => readNative(record, context, dialect),
}
