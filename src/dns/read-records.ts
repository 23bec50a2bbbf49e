/**
 * Reads the records of an answer, compressed names and all. Total: of a message that is none it says so, whatever its
 * bytes are, and no pointer leads it in circles.
 */
import { HEADER, skipName } from './wire.ts'

export interface WireRecord {
  /** Lower case, labels joined by dots, without the last one; bytes that no host name has as `\123`. */
  readonly name: string
  readonly type: number
  readonly class: number
  readonly ttl: number
  readonly data: Buffer
}

const LONGEST_NAME = 255

/** The name at `at`; undefined when it is none. */
export const readName = (message: Buffer, at: number): string | undefined => {
  const labels: string[] = []
  let size = 0
  for (let place = at, limit = at; place < message.length; ) {
    const length = message[place]!
    if (length === 0) return labels.join('.')
    if (length >= 0xc0) {
      if (place + 2 > message.length) return undefined
      const target = message.readUInt16BE(place) & 0x3fff
      // Pointers lead back (RFC 1035 §4.1.4): each one further than the one before, so there is an end.
      if (target >= limit || target < HEADER) return undefined
      place = target
      limit = target
      continue
    }
    size += length + 1
    if (length > 63 || size >= LONGEST_NAME || place + 1 + length > message.length) return undefined
    labels.push(labelText(message.toString('latin1', place + 1, place + 1 + length)))
    place += length + 1
  }
  return undefined
}

const labelText = (label: string): string =>
  label.toLowerCase().replace(/[^a-z0-9*_-]/g, (char) => `\\${char.charCodeAt(0).toString().padStart(3, '0')}`)

/** The records of the answer section; undefined when the message cannot be read to their end. */
export const readAnswers = (message: Buffer): readonly WireRecord[] | undefined => {
  const { length } = message
  if (length < HEADER) return undefined
  let at = HEADER
  for (let i = message.readUInt16BE(4); i > 0; i--) {
    at = skipName(message, at, length)
    if (at < 0 || at + 4 > length) return undefined
    at += 4
  }
  const records: WireRecord[] = []
  for (let i = message.readUInt16BE(6); i > 0; i--) {
    const name = readName(message, at)
    const head = skipName(message, at, length)
    if (name === undefined || head < 0 || head + 10 > length) return undefined
    const end = head + 10 + message.readUInt16BE(head + 8)
    if (end > length) return undefined
    records.push({
      name,
      type: message.readUInt16BE(head),
      class: message.readUInt16BE(head + 2),
      ttl: message.readUInt32BE(head + 4),
      data: message.subarray(head + 10, end),
    })
    at = end
  }
  return records
}

/** The serial of a SOA record's data; undefined when it is none. */
export const serialOf = (soa: Buffer): number | undefined => {
  const mailbox = skipName(soa, 0, soa.length)
  const at = mailbox < 0 ? -1 : skipName(soa, mailbox, soa.length)
  return at < 0 || at + 20 !== soa.length ? undefined : soa.readUInt32BE(at)
}

/** The strings of TXT data, joined; undefined when they are none. */
export const textOf = (data: Buffer): string | undefined => {
  let text = ''
  for (let at = 0; at < data.length; at += data[at]! + 1) {
    if (at + 1 + data[at]! > data.length) return undefined
    text += data.toString('latin1', at + 1, at + 1 + data[at]!)
  }
  return text
}
