/**
 * DNS over TCP (RFC 7766): two bytes of length before each message, any number of them on one connection. Bounded: in
 * connections, in idle time, in what is buffered of one connection, and in what a slow reader may leave unread.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { SECOND } from '../../core/time.ts'

const CONNECTIONS = 256
const IDLE = 20 * SECOND
/** A reader that has left so much unread is cut off. */
const UNREAD = 4 * 1024 * 1024

/** `reply` may be called any number of times, now or later. */
export type OnMessage = (message: Buffer, address: string, reply: (answer: Uint8Array) => boolean) => void

export const listenTcp = (host: string, port: number, onMessage: OnMessage): Promise<Server> => {
  const server = createServer((socket) => {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
    let waiting: Buffer = Buffer.alloc(0)
    socket.setTimeout(IDLE, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const size = waiting.readUInt16BE(0)
        onMessage(waiting.subarray(2, 2 + size), address, (answer) => send(socket, answer))
        waiting = waiting.subarray(2 + size)
      }
    })
  })
  server.maxConnections = CONNECTIONS
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

/** False when the connection is gone, or its reader too slow. */
const send = (socket: Socket, answer: Uint8Array): boolean => {
  if (socket.destroyed) return false
  if (socket.writableLength > UNREAD) {
    socket.destroy()
    return false
  }
  const length = Buffer.allocUnsafe(2)
  length.writeUInt16BE(answer.length)
  socket.write(Buffer.concat([length, answer]))
  return true
}
