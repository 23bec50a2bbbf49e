/**
 * Messages that change a zone (RFC 2136). In: the names of a list and what each is to hold. Out: one message, which the
 * server carries out whole or not at all. A name is replaced: what it has of A and TXT goes, and one of each comes.
 */
import { CLASS_ANY, CLASS_IN, CLASS_NONE, HEADER, TYPE } from './wire.ts'

const OPCODE_UPDATE = 5
/** Longest offset that a pointer reaches (RFC 1035 §4.1.4). */
const REACH = 0x3fff
/** A message over TCP has 65,535 bytes at most; the rest is for the signature and the largest name. */
const ROOM = 64_000
const MOST_NAMES = 500

export interface Holding {
  /** Last octet of 127.0.0.x. */
  readonly code: number
  readonly reference?: string
  /** Seconds. */
  readonly ttl: number
}

/** Names are relative to the zone: labels of host names, `*` or `_x`, 63 characters at most. */
export class UpdateMessage {
  readonly #out = Buffer.alloc(65_535)
  #at: number
  #names = 0
  #expected = 0
  #updates = 0

  /** `zone` in wire form. */
  constructor(id: number, zone: Uint8Array) {
    this.#out.writeUInt16BE(id, 0)
    this.#out[2] = OPCODE_UPDATE << 3
    this.#out.writeUInt16BE(1, 4)
    this.#out.set(zone, HEADER)
    this.#at = this.#out.writeUInt16BE(TYPE.SOA, HEADER + zone.length)
    this.#at = this.#out.writeUInt16BE(CLASS_IN, this.#at)
  }

  get isFull(): boolean {
    return this.#names >= MOST_NAMES || this.#at >= ROOM
  }

  /** Nothing is changed unless the name has just this text, or has none (RFC 2136 §2.4). Before all changes. */
  expectText(name: string, text: string | undefined): void {
    this.#record(name, TYPE.TXT, text === undefined ? CLASS_NONE : CLASS_IN, 0, text === undefined ? [] : string(text))
    this.#out.writeUInt16BE(++this.#expected, 6)
  }

  /** What the name is to hold; undefined: nothing. */
  replace(name: string, holding: Holding | undefined): void {
    this.#names++
    const owner = this.#change(name, TYPE.A, CLASS_ANY, 0, [])
    this.#change(owner, TYPE.TXT, CLASS_ANY, 0, [])
    if (!holding) return
    this.#change(owner, TYPE.A, CLASS_IN, holding.ttl, [127, 0, 0, holding.code])
    if (holding.reference !== undefined) this.#change(owner, TYPE.TXT, CLASS_IN, holding.ttl, string(holding.reference))
  }

  replaceText(name: string, text: string): void {
    const owner = this.#change(name, TYPE.TXT, CLASS_ANY, 0, [])
    this.#change(owner, TYPE.TXT, CLASS_IN, 0, string(text))
  }

  finish(): Buffer {
    return Buffer.from(this.#out.subarray(0, this.#at))
  }

  #change(name: Owner, type: number, cls: number, ttl: number, data: readonly number[]): Owner {
    const owner = this.#record(name, type, cls, ttl, data)
    this.#out.writeUInt16BE(++this.#updates, 8)
    return owner
  }

  /** Returns how the next record of the same name may say it: by a pointer, where pointers reach. */
  #record(name: Owner, type: number, cls: number, ttl: number, data: readonly number[]): Owner {
    const out = this.#out
    const start = this.#at
    let at = start
    if (typeof name === 'number') at = out.writeUInt16BE(0xc000 | name, at)
    else {
      for (const label of name.split('.')) {
        out[at] = label.length
        at += 1 + out.write(label, at + 1, 'latin1')
      }
      at = out.writeUInt16BE(0xc000 | HEADER, at)
    }
    at = out.writeUInt16BE(type, at)
    at = out.writeUInt16BE(cls, at)
    at = out.writeUInt32BE(ttl, at)
    at = out.writeUInt16BE(data.length, at)
    out.set(data, at)
    this.#at = at + data.length
    return typeof name === 'string' && start <= REACH ? start : name
  }
}

/** A name, or the offset of one that the message has already. */
type Owner = string | number

const string = (text: string): readonly number[] => [text.length, ...Buffer.from(text, 'latin1')]
