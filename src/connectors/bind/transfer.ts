/**
 * What BIND holds, by a zone transfer (RFC 5936): the names of the list with their records, the mark, the serial. Names
 * of another form (`ns`, `www`) are the operator's, and stepped over.
 */
import { randomInt } from 'node:crypto'
import { Failure } from '../../core/failure.ts'
import type { Millis } from '../../core/time.ts'
import { networkOfName } from '../../dns/list-name.ts'
import { testRecords } from '../../dns/list-records.ts'
import { readAnswers, serialOf, textOf, type WireRecord } from '../../dns/read-records.ts'
import { signMessage, type TsigKey } from '../../dns/tsig.ts'
import { CLASS_IN, HEADER, nameToWire, RCODE, TYPE } from '../../dns/wire.ts'
import { type Question, readAnswer, refusal } from './answers.ts'
import { MARK } from './mark.ts'
import type { Stream } from './stream.ts'

/** The A and TXT records of one name. */
export interface Held {
  readonly addresses: string[]
  readonly texts: string[]
  /** The smallest. */
  ttl: number
}

export interface ZoneHeld {
  readonly serial: number
  readonly mark: string | undefined
  /** By name, relative to the zone. */
  readonly names: ReadonlyMap<string, Held>
}

export interface Asker {
  readonly zone: string
  readonly key: TsigKey | undefined
  readonly clock: () => Millis
}

const question = (id: number, zone: string, type: number): Buffer => {
  const head = Buffer.alloc(HEADER)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(1, 4)
  const tail = Buffer.alloc(4)
  tail.writeUInt16BE(type, 0)
  tail.writeUInt16BE(CLASS_IN, 2)
  return Buffer.concat([head, nameToWire(zone)!, tail])
}

async function* answers(stream: Stream, type: number, what: string, asker: Asker): AsyncGenerator<WireRecord> {
  const { zone, key, clock } = asker
  const id = randomInt(65_536)
  const plain = question(id, zone, type)
  const signed = key ? signMessage(plain, key, { now: clock() }) : { message: plain, mac: undefined }
  stream.send(signed.message)
  let asked: Question = { id, zone, key, now: clock(), what, ...(signed.mac ? { mac: signed.mac } : {}) }
  for (;;) {
    const answer = readAnswer(await stream.read(), asked)
    if (answer.rcode !== RCODE.NOERROR) throw refusal(answer.rcode, zone, what)
    const records = readAnswers(answer.message)
    if (!records || records.length === 0)
      throw new Failure('BIND_ZONE', `the server has no zone ${zone}`, { remedy: 'Correct zone, or add it there.' })
    yield* records
    asked = { ...asked, now: clock(), timersOnly: true, ...(answer.mac ? { mac: answer.mac } : {}) }
  }
}

const serialIn = (record: WireRecord, zone: string): number => {
  const serial = record.type === TYPE.SOA && record.name === zone ? serialOf(record.data) : undefined
  if (serial === undefined)
    throw new Failure('BIND_ZONE', `the server has no zone ${zone}`, { remedy: 'Correct zone, or add it there.' })
  return serial
}

/** The serial that BIND has now. */
export const askSerial = async (stream: Stream, asker: Asker): Promise<number> => {
  for await (const record of answers(stream, TYPE.SOA, 'a question about', asker)) return serialIn(record, asker.zone)
  throw new Error('a stream of answers has no end')
}

/** Whether BIND would transfer the zone: the connection is closed after the first message. */
export const tryTransfer = async (stream: Stream, asker: Asker): Promise<void> => {
  for await (const record of answers(stream, TYPE.AXFR, 'a transfer of', asker))
    return void serialIn(record, asker.zone)
}

export const transfer = async (stream: Stream, asker: Asker): Promise<ZoneHeld> => {
  const { zone } = asker
  const isTest = new Set(testRecords(1).map(({ name }) => name))
  const names = new Map<string, Held>()
  let serial: number | undefined
  let mark: string | undefined
  for await (const record of answers(stream, TYPE.AXFR, 'a transfer of', asker)) {
    if (serial === undefined) {
      serial = serialIn(record, zone)
      continue
    }
    // The zone's SOA again ends it.
    if (record.type === TYPE.SOA) break
    if (!record.name.endsWith(`.${zone}`)) continue
    const name = record.name.slice(0, -zone.length - 1)
    if (record.type === TYPE.TXT && name === MARK) mark = textOf(record.data)
    if (record.type !== TYPE.A && record.type !== TYPE.TXT) continue
    const known = names.get(name)
    if (!known && !isTest.has(name) && networkOfName(name) === undefined) continue
    const held = known ?? { addresses: [], texts: [], ttl: record.ttl }
    held.ttl = Math.min(held.ttl, record.ttl)
    if (record.type === TYPE.A) held.addresses.push([...record.data].join('.'))
    else held.texts.push(textOf(record.data) ?? '')
    names.set(name, held)
  }
  return { serial: serial!, mark, names }
}
