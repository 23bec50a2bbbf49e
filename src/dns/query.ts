/**
 * Reads a query without making anything but numbers: one of these is reused for every packet. Total: whatever the
 * bytes, it says what is wrong with them.
 */
import { CLASS_IN, HEADER, skipName, TYPE } from './wire.ts'

export class Query {
  opcode = 0
  type = 0
  /** Offset behind the question. */
  end = 0
  edns = false
  ednsVersion = 0
  /** What the asker can take in one datagram: 512 without EDNS. */
  payload = 512
  hasTsig = false
  /** What an IXFR query says that its sender has. */
  serial: number | undefined

  /** `ok`; `silent`: no answer may be given; `formerr`, `notimp`, `class`: an answer with that fault. */
  read(message: Uint8Array, length: number): 'ok' | 'silent' | 'formerr' | 'notimp' | 'class' {
    this.edns = false
    this.payload = 512
    this.hasTsig = false
    this.serial = undefined
    this.end = HEADER
    if (length < HEADER || (message[2]! & 0x80) !== 0) return 'silent'
    this.opcode = (message[2]! >> 3) & 15
    if (this.opcode !== 0) return 'notimp'
    const count = (at: number) => (message[at]! << 8) | message[at + 1]!
    if (count(4) !== 1 || count(6) !== 0) return 'formerr'
    const end = skipPlainName(message, HEADER, length)
    if (end < 0 || end + 4 > length) return 'formerr'
    this.type = count(end)
    this.end = end + 4
    const isIn = count(end + 2) === CLASS_IN
    if (!this.#rest(message, length, count(8), count(10))) return 'formerr'
    return isIn ? 'ok' : 'class'
  }

  /** Authority (an IXFR query has one) and additional records: OPT and TSIG are looked for, the others stepped over. */
  #rest(message: Uint8Array, length: number, authority: number, additional: number): boolean {
    if (authority > 1 || additional > 4) return false
    let at = this.end
    for (let i = 0; i < authority + additional; i++) {
      const begin = at
      at = skipName(message, at, length)
      if (at < 0 || at + 10 > length) return false
      const type = (message[at]! << 8) | message[at + 1]!
      if (type === TYPE.OPT && i >= authority) {
        if (this.edns || message[begin] !== 0) return false
        this.edns = true
        this.payload = Math.max(512, (message[at + 2]! << 8) | message[at + 3]!)
        this.ednsVersion = message[at + 5]!
      }
      if (type === TYPE.TSIG && i === authority + additional - 1) this.hasTsig = true
      at += 10 + ((message[at + 8]! << 8) | message[at + 9]!)
      if (at > length) return false
      // The last five numbers of a SOA; the serial is the first of them.
      if (type === TYPE.SOA && i < authority && at - begin >= 33) this.serial = uint32(message, at - 20)
    }
    return at === length
  }
}

const uint32 = (message: Uint8Array, at: number): number =>
  ((message[at]! << 24) | (message[at + 1]! << 16) | (message[at + 2]! << 8) | message[at + 3]!) >>> 0

/** As `skipName`, but a question's name has nothing to point to. */
const skipPlainName = (message: Uint8Array, at: number, length: number): number => {
  for (let i = at; i < length && i - at < 255; i += message[i]! + 1) {
    if (message[i] === 0) return i + 1
    if (message[i]! > 63) return -1
  }
  return -1
}
