/**
 * Shortens a JSON line that exceeds the limit by shortening its long strings: structure, and with it the messages at
 * the end of the line, survives. Without this a request whose response is large would hide its own rule matches.
 * Escapes are never split, else the rest of an attacker's string could be read as structure.
 */
import { Buffer } from 'node:buffer'
import type { Shortener } from './lines.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75
/** `unit` right after a backslash, before it is known whether four digits follow. */
const ESCAPE = 5
/** The longest unit of a JSON string: `\u0000`. */
const UNIT = 6

export const shortenJson = (limit: number): Shortener => {
  const longest = Math.max(64, Math.min(1 << 16, limit >> 4))
  const kept = Buffer.allocUnsafe(limit)
  let length = 0
  let cut = 0
  let inString = false
  /** Bytes of the present escape that are still to come. */
  let unit = 0
  let dropping = false
  let stringStart = 0

  return {
    take(bytes) {
      for (let i = 0; i < bytes.length; i++) {
        const byte = bytes[i]!
        if (inString) {
          if (unit === ESCAPE) unit = byte === LOWER_U ? 4 : 0
          else if (unit > 0) unit--
          else if (byte === QUOTE) {
            inString = false
            dropping = false
          } else {
            const size = length - stringStart
            // A continuation byte of UTF-8 belongs to the unit before it, unless there is no end of them.
            if (size > longest - UNIT && ((byte & 0xc0) !== 0x80 || size > longest)) dropping = true
            if (byte === BACKSLASH) unit = ESCAPE
          }
        } else if (byte === QUOTE) {
          inString = true
          stringStart = length + 1
        }
        if (dropping || length === limit) cut++
        else kept[length++] = byte
      }
    },
    result: () => ({ bytes: kept.subarray(0, length), cut }),
  }
}
