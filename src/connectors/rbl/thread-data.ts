/** What a thread of the list is started with (plain data), and what it makes of that. */
import { createCidrSet } from '../../core/cidr-set.ts'
import { type Cidr, parseCidr } from '../../core/ip.ts'
import type { TsigKey } from '../../dns/tsig.ts'
import { nameToWire } from '../../dns/wire.ts'
import type { IndexTable } from './index-table.ts'
import { Responder } from './responder.ts'
import type { Serial } from './serial.ts'
import type { ZoneSpec } from './settings.ts'
import type { SharedMemory } from './shared-columns.ts'
import type { Place } from './udp.ts'

export interface ThreadData {
  readonly listen: readonly Place[]
  readonly threads: number
  readonly zones: readonly ZoneSpec[]
  readonly allowQuery: readonly string[]
  readonly ttl: number
  readonly negativeTtl: number
  readonly nameServer: string
  readonly mailbox: string
  readonly rateLimit: number
  readonly transferTo: readonly string[]
  /** `secret` is base64. */
  readonly key: { readonly name: string; readonly algorithm: TsigKey['algorithm']; readonly secret: string } | undefined
  readonly notify: readonly Place[]
}

/** For a thread that only answers: the list that another keeps. */
export interface AnswererData extends ThreadData {
  readonly index: SharedMemory
  readonly allow: SharedMemory
  readonly serial: SharedArrayBuffer
}

export const seconds = (): number => Math.floor(Date.now() / 1000)

export const keysOf = ({ key }: ThreadData): readonly TsigKey[] =>
  key ? [{ ...key, secret: Buffer.from(key.secret, 'base64') }] : []

const networks = (texts: readonly string[]): readonly Cidr[] => texts.flatMap((text) => parseCidr(text) ?? [])

/** Where we come from when we ask ourselves there. */
export const ownAddress = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host)

/** The list as answers and transfers need it. */
export const listOf = (data: ThreadData, index: IndexTable, allow: IndexTable, serial: Serial) => {
  const list = {
    index,
    allow,
    ttl: data.ttl,
    soa: {
      nameServer: nameToWire(data.nameServer)!,
      mailbox: nameToWire(data.mailbox)!,
      negativeTtl: data.negativeTtl,
    },
    seconds,
    serial: () => serial.value(seconds()),
  }
  const responder = new Responder({
    ...list,
    zones: data.zones,
    // Whoever asks from one of our own addresses is us: `verify` does, to see what others see.
    allowQuery: networks([...data.allowQuery, ...data.listen.map(({ host }) => ownAddress(host))]),
  })
  return { ...list, responder }
}

export const mayTransfer = (data: ThreadData): ((address: string) => boolean) => {
  const set = createCidrSet(networks(data.transferTo))
  return (address) => {
    const peer = parseCidr(address)
    return peer !== undefined && set.touching(peer) !== undefined
  }
}
