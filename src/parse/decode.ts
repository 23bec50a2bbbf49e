import { Buffer, isUtf8 } from 'node:buffer'

/** The same memory with Buffer's methods. */
export const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * The text of a record. UTF-8 where the whole record is valid UTF-8, else latin1, because the engines write raw
 * request bytes: replacement characters would lose what the attacker sent. A byte-order mark is dropped.
 */
export const decode = (bytes: Uint8Array): string => {
  const buffer = bufferOf(bytes)
  if (!isUtf8(buffer)) return buffer.toString('latin1')
  const text = buffer.toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

const NON_ASCII = /[\u0080-\uffff]/

/** A string of the record `bytes` as one character per byte, whichever way the record was decoded. */
export const byteText = (text: string, bytes: Uint8Array): string =>
  NON_ASCII.test(text) && isUtf8(bytes) ? Buffer.from(text, 'utf8').toString('latin1') : text

/** A copy that shares no memory with a longer text: V8 slices keep their parent, a whole log record, alive. */
export const detached = (text: string): string =>
  text.length < 13 ? text : Buffer.from(text, 'utf16le').toString('utf16le')
