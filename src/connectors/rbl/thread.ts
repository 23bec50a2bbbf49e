/**
 * The thread that answers. It owns the list and the sockets; the daemon sends it changes and gets an acknowledgement
 * for each. A million queries here cost the daemon's own thread nothing.
 */
import { createSocket, type Socket } from 'node:dgram'
import { parentPort, workerData } from 'node:worker_threads'
import { createCidrSet } from '../../core/cidr-set.ts'
import { type Cidr, parseCidr } from '../../core/ip.ts'
import { LISTED } from '../../dns/rbl-codes.ts'
import { type TsigKey, verifyMessage } from '../../dns/tsig.ts'
import { nameToWire } from '../../dns/wire.ts'
import { IndexTable } from './index-table.ts'
import { createNotifier } from './notify.ts'
import { type ToThread, unpack } from './packed.ts'
import { createRateLimit } from './rate-limit.ts'
import { Responder, TCP_LIMIT } from './responder.ts'
import { seal, sealEach } from './seal.ts'
import { createSerial } from './serial.ts'
import type { ZoneSpec } from './settings.ts'
import { listenTcp, type TcpServer } from './tcp.ts'
import { transferOf } from './transfer.ts'

export interface ThreadData {
  readonly listen: readonly { readonly host: string; readonly port: number }[]
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
  readonly notify: readonly { readonly host: string; readonly port: number }[]
}

const data = workerData as ThreadData
const port = parentPort!
const seconds = () => Math.floor(Date.now() / 1000)
const networks = (texts: readonly string[]): readonly Cidr[] => texts.flatMap((text) => parseCidr(text) ?? [])
const index = new IndexTable()
const allow = new IndexTable()
const serial = createSerial(seconds())
const limit = createRateLimit(data.rateLimit)
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
const hosts = data.listen.map(({ host }) => host)
const responder = new Responder({
  ...list,
  zones: data.zones,
  // Whoever asks from one of our own addresses is us: `verify` does, to see what others see.
  allowQuery: networks([...data.allowQuery, ...hosts.map(ownAddress)]),
})
const keys: readonly TsigKey[] = data.key ? [{ ...data.key, secret: Buffer.from(data.key.secret, 'base64') }] : []
const transferTo = createCidrSet(networks(data.transferTo))
const notifier = createNotifier({
  zones: data.zones.filter(({ purpose }) => purpose !== 'forward').map(({ name }) => nameToWire(name)!),
  secondaries: data.notify,
  from: hosts.find((host) => host === ownAddress(host)),
  key: keys[0],
  size: () => index.size,
  now: Date.now,
})

/** Where we come from when we ask ourselves there. */
function ownAddress(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
}

/** More than a question with EDNS and a signature ever has; what is longer is none that we would answer. */
const LONGEST_QUESTION = 1024
const UDP_LIMIT = 4096

/** A buffer and, for each length, the view of its beginning: made once, they save an object per answer. */
const answerBuffer = () => ({ out: Buffer.alloc(UDP_LIMIT), views: [] as Buffer[] })

const answerUdp = (socket: Socket) => {
  let { out, views } = answerBuffer()
  socket.on('message', (message, from) => {
    if (message.length > LONGEST_QUESTION) return
    const ruling = limit(from.address, Date.now())
    if (ruling === 'drop') {
      responder.counters.limited++
      return
    }
    const length =
      ruling === 'truncate'
        ? responder.comeByTcp(message, message.length, out)
        : responder.answer(message, message.length, from.address, out, UDP_LIMIT)
    if (length === 0) return
    views[length] ??= out.subarray(0, length)
    const answer = views[length]
    socket.send(responder.isSigned ? seal(message, answer, keys, Date.now()) : answer, from.port, from.address)
    // Nearly always the kernel has taken it by now. Where it has not, the bytes must stay as they are.
    if (socket.getSendQueueCount() > 0) ({ out, views } = answerBuffer())
  })
  // An ICMP error about an earlier answer is no reason to stop.
  socket.on('error', () => {})
}

const tcpOut = Buffer.alloc(TCP_LIMIT)

const answerTcp = (message: Buffer, address: string): Iterable<Buffer> => {
  const peer = parseCidr(address)
  const transfer = peer && transferTo.touching(peer) && transferOf(message, { ...list, responder })
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

for (const { host, port: number } of data.listen) {
  const socket = createSocket({
    type: host.includes(':') ? 'udp6' : 'udp4',
    // We send to addresses only; asking a resolver about each costs more than the answer.
    lookup: (address, _, done) => done(null, address, address.includes(':') ? 6 : 4),
    recvBufferSize: 4 * 1024 * 1024,
    sendBufferSize: 4 * 1024 * 1024,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(number, host, () => {
      socket.off('error', reject)
      resolve()
    })
  })
  answerUdp(socket)
  sockets.push(socket)
  servers.push(await listenTcp(host, socket.address().port, answerTcp))
}

const changed = (): void => {
  serial.touch()
  notifier.touch()
}

const work = (message: ToThread): unknown => {
  switch (message.kind) {
    case 'begin':
      return index.begin()
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
      allow.begin()
      unpack(message.packed, (key, row) => allow.put(key, { ...row, code: LISTED, until: 0xffffffff }))
      allow.complete()
      return changed()
    }
    case 'report':
      return {
        ...responder.counters,
        entries: index.size,
        ...(data.notify.length > 0 && { notified: notifier.acknowledged, unheard: notifier.unheard }),
      }
    case 'stop':
      for (const socket of sockets) socket.close()
      for (const server of servers) server.close()
      notifier.close()
      return port.close()
  }
}

port.on('message', (message: ToThread) => {
  const result = work(message)
  if (message.kind !== 'stop') port.postMessage({ number: message.number, result })
})
port.postMessage({ ready: sockets.map((socket) => socket.address().port) })
