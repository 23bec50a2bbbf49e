/**
 * From the bytes of a query to the bytes of its answer. In: one packet and who sent it. Out: the length of the answer
 * in the given buffer, 0 for silence. Promised: no exception whatever the bytes; nothing but our own zones is answered
 * for, and only to those who may ask; nothing in an answer was written by a client but its own question.
 */
import { createCidrSet } from '../../core/cidr-set.ts'
import { type Cidr, parseCidr } from '../../core/ip.ts'
import { type NetworkKey, newKey } from '../../core/network-key.ts'
import { Query } from '../../dns/query.ts'
import { LISTED } from '../../dns/rbl-codes.ts'
import { type Soa, soaSize, writeHead, writePointer, writeSoa } from '../../dns/record.ts'
import { readReverse } from '../../dns/reverse-name.ts'
import { HEADER, nameToWire, RCODE, TYPE } from '../../dns/wire.ts'
import { type Purpose, typesOf } from '../../kit/purpose.ts'
import { type IndexTable, REFERENCE, writeReference } from './index-table.ts'
import type { ZoneSpec } from './settings.ts'

export interface ResponderOptions {
  readonly zones: readonly ZoneSpec[]
  readonly index: IndexTable
  /** The networks of the allow zone. */
  readonly allow: IndexTable
  readonly allowQuery: readonly Cidr[]
  /** Seconds. */
  readonly ttl: number
  readonly soa: Soa
  /** Epoch seconds. */
  seconds(): number
  serial(): number
}

export interface Counters {
  queries: number
  hits: number
  misses: number
  refused: number
  faults: number
  limited: number
}

export interface Zone {
  readonly purpose: Purpose
  readonly wire: Uint8Array
  readonly types: number
}

/** Room for an answer by TCP. */
export const TCP_LIMIT = 65_535
/** What we say that we can take ourselves, and never exceed by UDP: larger answers get lost on the way. */
const PAYLOAD = 1232
/** 127.0.0.2, which every list lists so that it can be told from a dead one (RFC 5782 §5). */
const TEST_ENTRY = 0x7f000002
const TEST_TEXT = 'R-TEST'

export class Responder {
  readonly counters: Counters = { queries: 0, hits: 0, misses: 0, refused: 0, faults: 0, limited: 0 }
  readonly #o: ResponderOptions
  readonly #zones: readonly Zone[]
  readonly #query = new Query()
  readonly #key: NetworkKey = newKey()
  readonly #mayAsk
  /** Who asked last: resolvers ask thousands of times. */
  readonly #asked = new Map<string, boolean>()

  constructor(options: ResponderOptions) {
    this.#o = options
    this.#zones = options.zones
      .map(({ purpose, name }) => ({ purpose, wire: nameToWire(name)!, types: typesOf(purpose) }))
      // A zone within a zone is asked before the outer one.
      .sort((a, b) => b.wire.length - a.wire.length)
    this.#mayAsk = createCidrSet(options.allowQuery)
  }

  /** True for those who may ask at all. */
  serves(address: string): boolean {
    const known = this.#asked.get(address)
    if (known !== undefined) return known
    const cidr = parseCidr(address)
    const may = cidr !== undefined && this.#mayAsk.touching(cidr) !== undefined
    if (this.#asked.size >= 4096) this.#asked.clear()
    this.#asked.set(address, may)
    return may
  }

  /** The zone that the name which ends at `end` lies in, or is. */
  zoneOf(message: Uint8Array, end: number): Zone | undefined {
    for (const zone of this.#zones) {
      const from = end - zone.wire.length
      if (from >= HEADER && isSuffix(message, from, zone.wire) && isLabelStart(message, from)) return zone
    }
    return undefined
  }

  /** `limit`: most bytes of an answer; TCP_LIMIT means that it goes by TCP. */
  answer(message: Uint8Array, length: number, address: string, out: Buffer, limit: number): number {
    const q = this.#query
    const state = q.read(message, length)
    if (state === 'silent') return 0
    this.counters.queries++
    if (state === 'formerr' || state === 'notimp') {
      this.counters.faults++
      return this.#fault(message, out, state === 'notimp' ? RCODE.NOTIMP : RCODE.FORMERR)
    }
    out.set(message.subarray(0, q.end))
    // QR, AA; RD as it was asked; one question, nothing else yet.
    out[2] = 0x84 | (message[2]! & 0x01)
    out[3] = 0
    out.writeUInt32BE(0x00010000, 4)
    out.writeUInt32BE(0, 8)
    const isTcp = limit === TCP_LIMIT
    const room = isTcp ? limit : Math.min(q.payload, PAYLOAD, limit)
    if (q.ednsVersion > 0 && q.edns) return this.#finish(out, q.end, 0, 0, RCODE.BADVERS)
    const zone = state === 'ok' && this.serves(address) ? this.zoneOf(message, q.end - 4) : undefined
    // By TCP a transfer that was permitted does not come here.
    if (!zone || q.type === TYPE.AXFR || (q.type === TYPE.IXFR && isTcp)) {
      this.counters.refused++
      out[2] = 0x80 | (message[2]! & 0x01)
      return this.#finish(out, q.end, 0, 0, RCODE.REFUSED)
    }
    const from = q.end - 4 - zone.wire.length
    return from === HEADER ? this.#apex(out, room) : this.#lookUp(message, out, zone, from, room)
  }

  /** Whether the last query was signed, and so its answer has to be. */
  get isSigned(): boolean {
    return this.#query.hasTsig
  }

  /** The question and nothing else, with TC: come again by TCP. 0 for what cannot be asked. */
  comeByTcp(message: Uint8Array, length: number, out: Buffer): number {
    const q = this.#query
    if (q.read(message, length) !== 'ok') return 0
    this.counters.limited++
    out.set(message.subarray(0, q.end))
    out[2] = 0x82 | (message[2]! & 0x01)
    out[3] = 0
    out.writeUInt32BE(0x00010000, 4)
    out.writeUInt32BE(0, 8)
    return q.end
  }

  #lookUp(message: Uint8Array, out: Buffer, zone: Zone, from: number, room: number): number {
    const { type, end } = this.#query
    if (!readReverse(message, HEADER, from, zone.purpose === 'forward', this.#key))
      return this.#negative(out, from, RCODE.NXDOMAIN, room)
    const now = this.#o.seconds()
    const isTest = isTestEntry(this.#key)
    const table = zone.purpose === 'allow' ? this.#o.allow : this.#o.index
    const row = isTest ? undefined : table.find(this.#key, zone.types, now)
    // An address may have been allowed a moment ago, and its ban or the ban of its network not yet have been taken back.
    const isSpared = row && table !== this.#o.allow && this.#o.allow.find(this.#key, 255, now)
    if ((!row || isSpared) && !isTest) return this.#negative(out, from, RCODE.NXDOMAIN, room)
    this.counters.hits++
    const ttl = row ? Math.max(1, Math.min(this.#o.ttl, row.until - now)) : this.#o.ttl
    let at = end
    let answers = 0
    if (type === TYPE.A || type === TYPE.ANY) {
      at = record(out, at, TYPE.A, ttl, 4)
      out.writeUInt32BE(0x7f000000 | (row ? row.code : LISTED), at - 4)
      answers++
    }
    if (type === TYPE.TXT || type === TYPE.ANY) {
      const size = row ? REFERENCE : TEST_TEXT.length
      at = record(out, at, TYPE.TXT, ttl, size + 1)
      out[at - size - 1] = size
      if (row) writeReference(row, out, at - size)
      else out.write(TEST_TEXT, at - size, 'latin1')
      answers++
    }
    return answers === 0 ? this.#negative(out, from, RCODE.NOERROR, room) : this.#finish(out, at, answers, 0, 0)
  }

  #apex(out: Buffer, room: number): number {
    const { type, end } = this.#query
    let at = end
    let answers = 0
    // By UDP the answer to IXFR is the present SOA: whoever has an older one comes by TCP (RFC 1995 §2).
    if (type === TYPE.SOA || type === TYPE.ANY || type === TYPE.IXFR) {
      at = this.#soa(out, at, HEADER, this.#o.ttl)
      answers++
    }
    if (type === TYPE.NS || type === TYPE.ANY) {
      const { nameServer } = this.#o.soa
      at = record(out, at, TYPE.NS, this.#o.ttl, nameServer.length)
      out.set(nameServer, at - nameServer.length)
      answers++
    }
    return answers === 0 ? this.#negative(out, HEADER, RCODE.NOERROR, room) : this.#finish(out, at, answers, 0, 0)
  }

  /** Not listed, or nothing of this type: the SOA says for how long that may be kept (RFC 2308). */
  #negative(out: Buffer, zoneAt: number, rcode: number, room: number): number {
    if (rcode === RCODE.NXDOMAIN) this.counters.misses++
    const { end } = this.#query
    if (end + soaSize(this.#o.soa) + 11 > room) {
      out[2] = out[2]! | 0x02
      return this.#finish(out, end, 0, 0, rcode)
    }
    return this.#finish(out, this.#soa(out, end, zoneAt, this.#o.soa.negativeTtl), 0, 1, rcode)
  }

  #soa(out: Buffer, at: number, zoneAt: number, ttl: number): number {
    return writeSoa(out, at, zoneAt, ttl, this.#o.soa, this.#o.serial())
  }

  #finish(out: Buffer, end: number, answers: number, authority: number, rcode: number): number {
    out[3] = rcode & 15
    out.writeUInt16BE(answers, 6)
    out.writeUInt16BE(authority, 8)
    if (!this.#query.edns) return end
    out.writeUInt16BE(1, 10)
    out[end] = 0
    out.writeUInt16BE(TYPE.OPT, end + 1)
    out.writeUInt16BE(PAYLOAD, end + 3)
    out[end + 5] = rcode >> 4
    out.fill(0, end + 6, end + 11)
    return end + 11
  }

  /** The header alone: what follows it was not understood. */
  #fault(message: Uint8Array, out: Buffer, rcode: number): number {
    out[0] = message[0]!
    out[1] = message[1]!
    out[2] = 0x80 | (message[2]! & 0x79)
    out[3] = rcode
    out.fill(0, 4, HEADER)
    return HEADER
  }
}

/** Writes a record but its data; returns the offset behind the data. The owner is the name in question. */
const record = (out: Buffer, at: number, type: number, ttl: number, size: number): number =>
  writeHead(out, writePointer(out, at, HEADER), type, ttl, size) + size

const isTestEntry = ({ words }: NetworkKey): boolean =>
  words[3] === TEST_ENTRY && words[2] === 0xffff && words[1] === 0 && words[0] === 0

const isSuffix = (message: Uint8Array, from: number, wire: Uint8Array): boolean => {
  for (let i = wire.length - 1; i >= 0; i--) {
    const byte = message[from + i]!
    if (byte !== wire[i] && (byte < 65 || byte > 90 || byte + 32 !== wire[i])) return false
  }
  return true
}

const isLabelStart = (message: Uint8Array, wanted: number): boolean => {
  let at = HEADER
  while (at < wanted && message[at] !== 0) at += message[at]! + 1
  return at === wanted
}
