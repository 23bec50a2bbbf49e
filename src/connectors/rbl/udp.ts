/** Answers by UDP: a socket for each place, and nothing on the heap per question. */
import { createSocket, type Socket } from 'node:dgram'
import type { TsigKey } from '../../dns/tsig.ts'
import { createRateLimit } from './rate-limit.ts'
import type { Responder } from './responder.ts'
import { seal } from './seal.ts'

export interface Place {
  readonly host: string
  readonly port: number
}

export interface UdpOptions {
  readonly responder: Responder
  readonly keys: readonly TsigKey[]
  /** Answers a second to one network. */
  readonly rateLimit: number
  /** Other threads answer at the same places: the kernel spreads the questions over them. */
  readonly isShared: boolean
}

/** More than a question with EDNS and a signature ever has; what is longer is none that we would answer. */
const LONGEST_QUESTION = 1024
const UDP_LIMIT = 4096
const KERNEL_BUFFER = 4 * 1024 * 1024

/** A buffer and, for each length, the view of its beginning: made once, they save an object per answer. */
const answerBuffer = () => ({ out: Buffer.alloc(UDP_LIMIT), views: [] as Buffer[] })

export const listenUdp = async ({ host, port }: Place, o: UdpOptions): Promise<Socket> => {
  const socket = createSocket({
    type: host.includes(':') ? 'udp6' : 'udp4',
    reusePort: o.isShared,
    // We send to addresses only; asking a resolver about each costs more than the answer.
    lookup: (address, _, done) => done(null, address, address.includes(':') ? 6 : 4),
    recvBufferSize: KERNEL_BUFFER,
    sendBufferSize: KERNEL_BUFFER,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, host, () => {
      socket.off('error', reject)
      resolve()
    })
  })
  answer(socket, o)
  return socket
}

const answer = (socket: Socket, { responder, keys, rateLimit }: UdpOptions): void => {
  const limit = createRateLimit(rateLimit)
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
    const bytes = views[length]
    socket.send(responder.isSigned ? seal(message, bytes, keys, Date.now()) : bytes, from.port, from.address)
    // Nearly always the kernel has taken it by now. Where it has not, the bytes must stay as they are.
    if (socket.getSendQueueCount() > 0) ({ out, views } = answerBuffer())
  })
  // An ICMP error about an earlier answer is no reason to stop.
  socket.on('error', () => {})
}
