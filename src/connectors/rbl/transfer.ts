/**
 * Zone transfers (RFC 5936, RFC 1995). In: a query for AXFR or IXFR. Out: the messages of the answer, made one by one as
 * they are taken, so that a million names never lie in memory at once. An IXFR gets one SOA when nothing has changed,
 * and the whole zone otherwise, as RFC 1995 §4 allows.
 */
import { type NetworkKey, newKey } from '../../core/network-key.ts'
import { Query } from '../../dns/query.ts'
import { LISTED } from '../../dns/rbl-codes.ts'
import { POINTER_REACH, type Soa, writeHead, writePointer, writeSoa } from '../../dns/record.ts'
import { writeReverse } from '../../dns/reverse-name.ts'
import { HEADER, TYPE } from '../../dns/wire.ts'
import { zoneContent } from '../../dns/zone-content.ts'
import { type IndexTable, newRow, REFERENCE, writeReference } from './index-table.ts'
import type { Responder, Zone } from './responder.ts'

/** Records of a message stay within reach of a pointer, the last name with all it has included. */
const FULL = POINTER_REACH - 200

export interface TransferOptions {
  readonly responder: Responder
  readonly index: IndexTable
  readonly allow: IndexTable
  readonly soa: Soa
  /** Seconds. */
  readonly ttl: number
  /** Epoch seconds. */
  seconds(): number
  serial(): number
}

/** The unsigned answer to a transfer query for one of our zones, or undefined when the message is none. */
export const transferOf = (message: Buffer, o: TransferOptions): Iterable<Buffer> | undefined => {
  const query = new Query()
  if (query.read(message, message.length) !== 'ok') return undefined
  if (query.type !== TYPE.AXFR && query.type !== TYPE.IXFR) return undefined
  const zone = o.responder.zoneOf(message, query.end - 4)
  // In forward order no wildcard can say "all of this network": a copy would lack every range.
  if (!zone || zone.purpose === 'forward' || query.end - 4 - zone.wire.length !== HEADER) return undefined
  const question = Buffer.from(message.subarray(0, query.end))
  const known = query.type === TYPE.IXFR ? query.serial : undefined
  return messages(question, zone, known, o)
}

function* messages(
  question: Buffer,
  zone: Zone,
  known: number | undefined,
  o: TransferOptions,
): IterableIterator<Buffer> {
  const now = o.seconds()
  // What changes while we write gets a later serial, and secondaries come again.
  const serial = o.serial()
  const table = zone.purpose === 'allow' ? o.allow : o.index
  const out = Buffer.alloc(POINTER_REACH)
  let at = 0
  let records = 0
  const begin = () => {
    out.set(question)
    out[2] = 0x84
    out[3] = 0
    out.writeUInt32BE(0x00010000, 4)
    out.writeUInt32BE(0, 8)
    at = question.length
    records = 0
  }
  const finish = (): Buffer => {
    out.writeUInt16BE(records, 6)
    return Buffer.from(out.subarray(0, at))
  }
  const soa = () => {
    at = writeSoa(out, at, HEADER, o.ttl, o.soa, serial)
    records++
  }
  const row = newRow()
  const listed = (key: NetworkKey, code: number, ttl: number, reference?: typeof row) => {
    const owner = at
    at = writeHead(out, writePointer(out, writeReverse(out, at, key), HEADER), TYPE.A, ttl, 4)
    at = out.writeUInt32BE(0x7f000000 | code, at)
    records++
    if (!reference) return
    at = writeHead(out, writePointer(out, at, owner), TYPE.TXT, ttl, REFERENCE + 1)
    out[at] = REFERENCE
    writeReference(reference, out, at + 1)
    at += REFERENCE + 1
    records++
  }

  begin()
  soa()
  if (known !== undefined && ((known - serial) | 0) >= 0) return yield finish()
  const { nameServer } = o.soa
  at = writeHead(out, writePointer(out, at, HEADER), TYPE.NS, o.ttl, nameServer.length)
  out.set(nameServer, at)
  at += nameServer.length
  records++
  const test = newKey()
  test.words.set([0, 0, 0xffff, 0x7f000002])
  test.bits = 128
  listed(test, LISTED, o.ttl)
  const content = zoneContent({
    rows: () => table.rows(zone.types, now),
    read: (n, key) => table.key(n, key),
    find: (key) => table.longest(key, zone.types, now),
  })
  for (const { key, row: n } of content) {
    if (table !== o.allow && o.allow.find(key, 255, now)) continue
    table.row(n, row)
    listed(key, row.code, Math.max(1, Math.min(o.ttl, row.until - now)), row)
    if (at < FULL) continue
    yield finish()
    begin()
  }
  soa()
  yield finish()
}
