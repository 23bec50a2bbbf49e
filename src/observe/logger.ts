/**
 * The daemon's own log: one JSON object per line on standard error, or readable text on a terminal.
 * What came from an audit log never goes in as a message, only as a field, where JSON keeps it in its place.
 */
import { pino } from 'pino'
import type { Logger } from '../kit/logger.ts'

export type { Logger } from '../kit/logger.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Names under which a secret could travel by mistake; their values are never written. */
const SECRET_PATHS = [
  'password',
  'token',
  'key',
  'secret',
  'authorization',
  'cookie',
  '*.password',
  '*.token',
  '*.key',
  '*.secret',
  '*.authorization',
  '*.cookie',
]

export const createLogger = (level: LogLevel, stream: NodeJS.WritableStream = process.stderr): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_PATHS, censor: '<secret>' },
    },
    stream,
  )
