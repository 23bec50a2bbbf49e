/** ModSecurity 2, `SecAuditLogFormat Native`, serial or one entry of a concurrent log. */
import type { EngineMode } from '../core/event.ts'
import type { Format } from '../kit/parse.ts'
import { clfTime } from './log-time.ts'
import { readEngineMode, readMessages } from './modsec2-trailer.ts'
import { type Dialect, readNative, type Trailer } from './native.ts'
import { nativeFramer } from './native-framer.ts'

const trailer = (lines: readonly string[]): Trailer => {
  const messages: string[] = []
  let action = false
  let engineMode: EngineMode | undefined
  for (const line of lines) {
    if (line.startsWith('Message: ')) messages.push(line.slice(9).trimEnd())
    else if (line.startsWith('Action: Intercepted')) action = true
    else if (line.startsWith('Engine-Mode: ')) engineMode = readEngineMode(line.slice(13))
  }
  const { matches, denied } = readMessages(messages)
  // Here silence does say that nothing was intercepted: the Action line is written whatever the rule logs.
  return { matches, intercepted: action || denied, ...(engineMode ? { engineMode } : {}) }
}

const dialect: Dialect = { engine: 'modsecurity2', time: clfTime, trailer }

export const modsec2Native: Format = {
  id: 'modsec2-native',
  summary: 'ModSecurity 2 audit log, native, serial or one entry of a concurrent log',
  frame: (options) => nativeFramer(options),
  parse: (record, context) => readNative(record, context, dialect),
}
