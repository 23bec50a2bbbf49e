/**
 * Tells secondaries that zones have changed (RFC 1996): by UDP, asked again until each has acknowledged. However often
 * the list changes, a secondary is not told more often than it can fetch: once a second for a short list, once a minute
 * for a million entries.
 */
import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { type Millis, SECOND } from '../../core/time.ts'
import { signMessage, type TsigKey } from '../../dns/tsig.ts'
import { CLASS_IN, HEADER, TYPE } from '../../dns/wire.ts'

const NOTIFY = 4
const TRIES = 6
/** The serial rises with the second: a notice within the same one would find the old serial. */
const SETTLED: Millis = 1.1 * SECOND
/** Entries that a secondary is trusted to fetch in a second. */
const PACE = 20_000

export interface NotifyOptions {
  /** Zone names in wire form. */
  readonly zones: readonly Uint8Array[]
  readonly secondaries: readonly { readonly host: string; readonly port: number }[]
  /** Our own address: secondaries believe only the one that they have been given. Undefined: any. */
  readonly from: string | undefined
  readonly key: TsigKey | undefined
  /** Entries of the list. */
  size(): number
  now(): Millis
}

export interface Notifier {
  /** The list has changed. */
  touch(): void
  readonly acknowledged: number
  readonly unheard: number
  close(): void
}

interface Told {
  readonly id: number
  readonly zone: Uint8Array
  readonly to: NotifyOptions['secondaries'][number]
  tries: number
  timer?: NodeJS.Timeout
}

const notice = (id: number, zone: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(HEADER + zone.length + 4)
  bytes.writeUInt16BE(id, 0)
  bytes[2] = (NOTIFY << 3) | 0x04
  bytes.writeUInt16BE(1, 4)
  bytes.set(zone, HEADER)
  bytes.writeUInt16BE(TYPE.SOA, HEADER + zone.length)
  bytes.writeUInt16BE(CLASS_IN, HEADER + zone.length + 2)
  return bytes
}

export const createNotifier = (o: NotifyOptions): Notifier => {
  const open = new Map<number, Told>()
  const sockets = new Map<'udp4' | 'udp6', Socket>()
  let timer: NodeJS.Timeout | undefined
  let next = 0
  let touchedAt = 0
  let acknowledged = 0
  let unheard = 0

  const socketFor = (host: string): Socket => {
    const family = host.includes(':') ? 'udp6' : 'udp4'
    const known = sockets.get(family)
    if (known) return known
    const socket = createSocket(family)
    const own = o.from !== undefined && o.from.includes(':') === host.includes(':') ? o.from : undefined
    socket.bind(0, own)
    // An unreachable secondary is one that has not acknowledged.
    socket.on('error', () => {})
    socket.on('message', (bytes, sender) => {
      if (bytes.length < HEADER || (bytes[2]! & 0xf8) !== (0x80 | (NOTIFY << 3))) return
      const told = open.get(bytes.readUInt16BE(0))
      if (!told || sender.port !== told.to.port) return
      acknowledged++
      clearTimeout(told.timer)
      open.delete(told.id)
    })
    sockets.set(family, socket)
    return socket
  }

  const send = (told: Told): void => {
    const plain = notice(told.id, told.zone)
    const bytes = o.key ? signMessage(plain, o.key, { now: o.now() }).message : plain
    socketFor(told.to.host).send(bytes, told.to.port, told.to.host, () => {})
    told.timer = setTimeout(
      () => {
        if (++told.tries < TRIES) return send(told)
        unheard++
        open.delete(told.id)
      },
      SECOND * 2 ** told.tries,
    )
  }

  const tell = (): void => {
    timer = undefined
    next = o.now() + Math.max(SECOND, (o.size() / PACE) * SECOND)
    // A notice under way is about an older state: the new one takes its place.
    for (const told of open.values()) clearTimeout(told.timer)
    open.clear()
    for (const zone of o.zones)
      for (const to of o.secondaries) {
        let id = randomInt(65_536)
        while (open.has(id)) id = randomInt(65_536)
        const told: Told = { id, zone, to, tries: 0 }
        open.set(id, told)
        send(told)
      }
    // A change just before this notice may have the serial that the secondary fetched a moment ago.
    if (o.now() - touchedAt < SETTLED) schedule()
  }

  const schedule = (): void => {
    timer = setTimeout(tell, Math.max(SETTLED, next - o.now()))
  }

  return {
    touch() {
      if (o.secondaries.length === 0) return
      touchedAt = o.now()
      if (!timer) schedule()
    },
    get acknowledged() {
      return acknowledged
    },
    get unheard() {
      return unheard
    },
    close() {
      clearTimeout(timer)
      for (const told of open.values()) clearTimeout(told.timer)
      for (const socket of sockets.values()) socket.close()
    },
  }
}
