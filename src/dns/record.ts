/** Writes resource records into a message. An owner is a pointer to a name that the message has already. */
import { CLASS_IN, TYPE } from './wire.ts'

/** Longest offset that a pointer reaches (RFC 1035 §4.1.4). */
export const POINTER_REACH = 0x3fff

/** The name at offset `to`, in two bytes; returns the offset behind. */
export const writePointer = (out: Buffer, at: number, to: number): number => out.writeUInt16BE(0xc000 | to, at)

/** All of a record but owner and data; returns the offset at which the data is to be written. */
export const writeHead = (out: Buffer, at: number, type: number, ttl: number, size: number): number => {
  out.writeUInt16BE(type, at)
  out.writeUInt16BE(CLASS_IN, at + 2)
  out.writeUInt32BE(ttl, at + 4)
  return out.writeUInt16BE(size, at + 8)
}

export interface Soa {
  /** Names in wire form. */
  readonly nameServer: Uint8Array
  readonly mailbox: Uint8Array
  /** Seconds that a resolver keeps "there is none". */
  readonly negativeTtl: number
}

/** Seconds: how often secondaries ask, ask again after a failure, and for how long they answer without us. */
const REFRESH = 60
const RETRY = 30
const EXPIRE = 86_400

export const soaSize = ({ nameServer, mailbox }: Soa): number => 12 + nameServer.length + mailbox.length + 20

/** `owner`: offset of the zone's name. Returns the offset behind the record. */
export const writeSoa = (out: Buffer, at: number, owner: number, ttl: number, soa: Soa, serial: number): number => {
  const start = writePointer(out, at, owner)
  let place = writeHead(out, start, TYPE.SOA, ttl, soaSize(soa) - 12)
  out.set(soa.nameServer, place)
  place += soa.nameServer.length
  out.set(soa.mailbox, place)
  place += soa.mailbox.length
  for (const value of [serial, REFRESH, RETRY, EXPIRE, soa.negativeTtl]) place = out.writeUInt32BE(value >>> 0, place)
  return place
}
