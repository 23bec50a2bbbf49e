/**
 * The list's thread. It owns the list and the sockets; the daemon sends it changes and gets an acknowledgement for each.
 * A million queries here cost the daemon's own thread nothing.
 */
import type { Socket } from 'node:dgram'
import { parentPort, workerData } from 'node:worker_threads'
import { LISTED } from '../../dns/rbl-codes.ts'
import { verifyMessage } from '../../dns/tsig.ts'
import { nameToWire } from '../../dns/wire.ts'
import { startAnswerers } from './answerers.ts'
import { IndexTable } from './index-table.ts'
import { createNotifier } from './notify.ts'
import { type ToThread, unpack } from './packed.ts'
import { type Counters, TCP_LIMIT } from './responder.ts'
import { seal, sealEach } from './seal.ts'
import { serialFrom } from './serial.ts'
import { listenTcp, type TcpServer } from './tcp.ts'
import { keysOf, listOf, mayTransfer, ownAddress, seconds, type ThreadData } from './thread-data.ts'
import { transferOf } from './transfer.ts'
import { listenUdp } from './udp.ts'

const data = workerData as ThreadData
const port = parentPort!
const index = new IndexTable()
const allow = new IndexTable()
const serial = serialFrom(seconds())
const list = listOf(data, index, allow, serial)
const { responder } = list
const keys = keysOf(data)
const transfersTo = mayTransfer(data)
const notifier = createNotifier({
  zones: data.zones.filter(({ purpose }) => purpose !== 'forward').map(({ name }) => nameToWire(name)!),
  secondaries: data.notify,
  from: data.listen.map(({ host }) => host).find((host) => host === ownAddress(host)),
  key: keys[0],
  size: () => index.size,
  now: Date.now,
})

const tcpOut = Buffer.alloc(TCP_LIMIT)

const answerTcp = (message: Buffer, address: string): Iterable<Buffer> => {
  const transfer = transfersTo(address) && transferOf(message, list)
  if (transfer) {
    const verified = verifyMessage(message, keys, { now: Date.now() })
    const isProven = verified.kind === 'ok' || (verified.kind === 'unsigned' && keys.length === 0)
    if (isProven) return sealEach(transfer, keys[0], verified.kind === 'ok' ? verified.mac : undefined, Date.now)
  }
  const length = responder.answer(message, message.length, address, tcpOut, TCP_LIMIT)
  if (length === 0) return []
  const answer = Buffer.from(tcpOut.subarray(0, length))
  return [responder.isSigned ? seal(message, answer, keys, Date.now()) : answer]
}

const sockets: Socket[] = []
const servers: TcpServer[] = []
const isShared = data.threads > 1

/** A port that the system chose for UDP may be somebody's by TCP already: then another one is tried. */
const CHOICES = 10

const listenAt = async (place: ThreadData['listen'][number]): Promise<void> => {
  for (let choice = 1; ; choice++) {
    const socket = await listenUdp(place, { responder, keys, rateLimit: data.rateLimit, isShared })
    try {
      // By TCP nobody shares a port: another process that answers there already is found here.
      servers.push(await listenTcp(place.host, socket.address().port, answerTcp))
      sockets.push(socket)
      return
    } catch (error) {
      socket.close()
      if (place.port !== 0 || choice === CHOICES || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}
for (const place of data.listen) await listenAt(place)
const listen = data.listen.map(({ host }, i) => ({ host, port: sockets[i]!.address().port }))
const answerers = await startAnswerers(data.threads - 1, {
  ...data,
  listen,
  index: index.memory,
  allow: allow.memory,
  serial: serial.memory,
})

const changed = (): void => {
  serial.touch(seconds())
  notifier.touch()
}

const counted = async (): Promise<Counters> => {
  const sum = { ...responder.counters }
  for (const counters of await answerers.counters())
    for (const name of Object.keys(sum) as (keyof Counters)[]) sum[name] += counters[name]
  return sum
}

const work = (message: ToThread): unknown => {
  switch (message.kind) {
    case 'begin':
      return index.begin(message.count)
    case 'complete':
      index.complete()
      return changed()
    case 'put':
      unpack(message.packed, (key, row) => index.put(key, row))
      return changed()
    case 'remove':
      unpack(message.packed, (key) => index.remove(key))
      return changed()
    case 'allow': {
      allow.begin(0)
      unpack(message.packed, (key, row) => allow.put(key, { ...row, code: LISTED, until: 0xffffffff }))
      allow.complete()
      return changed()
    }
    case 'report':
      return counted().then((counters) => ({
        ...counters,
        entries: index.size,
        ...(data.notify.length > 0 && { notified: notifier.acknowledged, unheard: notifier.unheard }),
      }))
    case 'stop':
      for (const socket of sockets) socket.close()
      for (const server of servers) server.close()
      notifier.close()
      return answerers.close().then(() => port.close())
  }
}

port.on('message', async (message: ToThread) => {
  const result = await work(message)
  if (message.kind === 'stop') return
  // The buffer goes back to be filled again.
  const packed = 'packed' in message ? message.packed : undefined
  port.postMessage({ number: message.number, result: packed ?? result }, packed ? [packed] : [])
})
port.postMessage({ ready: listen.map((place) => place.port) })
