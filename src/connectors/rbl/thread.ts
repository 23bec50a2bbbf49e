/**
 * The thread that answers. It owns the list and the sockets; the daemon sends it changes and gets an acknowledgement
 * for each. A million queries here cost the daemon's own thread nothing.
 */
import { createSocket, type Socket } from 'node:dgram'
import type { Server } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { parseCidr } from '../../core/ip.ts'
import { LISTED } from '../../dns/rbl-codes.ts'
import { HEADER } from '../../dns/wire.ts'
import { IndexTable } from './index-table.ts'
import { type ToThread, unpack } from './packed.ts'
import { createRateLimit } from './rate-limit.ts'
import { Responder } from './responder.ts'
import { createSerial } from './serial.ts'
import type { ZoneSpec } from './settings.ts'
import { listenTcp } from './tcp.ts'

export interface ThreadData {
  readonly listen: readonly { readonly host: string; readonly port: number }[]
  readonly zones: readonly ZoneSpec[]
  readonly allowQuery: readonly string[]
  readonly ttl: number
  readonly negativeTtl: number
  readonly nameServer: string
  readonly rateLimit: number
}

const data = workerData as ThreadData
const port = parentPort!
const seconds = () => Math.floor(Date.now() / 1000)
const index = new IndexTable()
const allow = new IndexTable()
const serial = createSerial(seconds())
const limit = createRateLimit(data.rateLimit)
const responder = new Responder({
  ...data,
  index,
  allow,
  allowQuery: data.allowQuery.flatMap((text) => parseCidr(text) ?? []),
  seconds,
  serial: () => serial.value(seconds()),
})

const answerUdp = (socket: Socket) => {
  const out = Buffer.alloc(4096)
  socket.on('message', (message, from) => {
    const ruling = limit(from.address, Date.now())
    if (ruling !== 'answer') {
      responder.counters.limited++
      if (ruling === 'drop' || message.length < HEADER || (message[2]! & 0x80) !== 0) return
      const short = Buffer.from(message.subarray(0, HEADER))
      short[2] = 0x82 | (message[2]! & 0x79)
      short[3] = 0
      short.fill(0, 4)
      return socket.send(short, from.port, from.address)
    }
    // A query that is longer than our buffer is none that we would answer.
    const length = message.length <= 1024 ? responder.answer(message, message.length, from.address, out, 4096) : 0
    // The buffer is used again for the next query, and sending may still be under way: the answer gets its own bytes.
    if (length > 0) socket.send(Buffer.from(out.subarray(0, length)), from.port, from.address)
  })
  // An ICMP error about an earlier answer is no reason to stop.
  socket.on('error', () => {})
}

const sockets: Socket[] = []
const servers: Server[] = []
const tcpOut = Buffer.alloc(65_535)

for (const { host, port: number } of data.listen) {
  const socket = createSocket({
    type: host.includes(':') ? 'udp6' : 'udp4',
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
  servers.push(
    await listenTcp(host, socket.address().port, (message, address, reply) => {
      const length = responder.answer(message, message.length, address, tcpOut, 65_535)
      if (length > 0) reply(Buffer.from(tcpOut.subarray(0, length)))
    }),
  )
}

const work = (message: ToThread): unknown => {
  switch (message.kind) {
    case 'begin':
      return index.begin()
    case 'complete':
      index.complete()
      return serial.touch()
    case 'put':
      unpack(message.packed, (key, row) => index.put(key, row))
      return serial.touch()
    case 'remove':
      unpack(message.packed, (key) => index.remove(key))
      return serial.touch()
    case 'allow': {
      allow.begin()
      unpack(message.packed, (key, row) => allow.put(key, { ...row, code: LISTED, until: 0xffffffff }))
      allow.complete()
      return serial.touch()
    }
    case 'report':
      return { ...responder.counters, entries: index.size }
    case 'stop':
      for (const socket of sockets) socket.close()
      for (const server of servers) server.close()
      return port.close()
  }
}

port.on('message', (message: ToThread) => {
  const result = work(message)
  if (message.kind !== 'stop') port.postMessage({ number: message.number, result })
})
port.postMessage({ ready: sockets.map((socket) => socket.address().port) })
