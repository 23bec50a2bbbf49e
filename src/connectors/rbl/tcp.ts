/**
 * DNS over TCP (RFC 7766): two bytes of length before each message, any number of them on one connection. Bounded: in
 * connections, in idle time, in what is buffered of one connection, and in what a slow reader may leave unread.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { setImmediate as otherWork } from 'node:timers/promises'
import { type Millis, SECOND } from '../../core/time.ts'

const CONNECTIONS = 256
/** Of these for one address, so that nobody can keep the others out. */
const PER_ADDRESS = 64
/** For a question to come in whole, and for a reader to take what waits for it. */
const IDLE: Millis = 20 * SECOND
/** A reader that has left so much unread gets no more until it has taken that. */
const UNREAD = 1024 * 1024

/** The answer to one message, in as many messages as it takes; none for silence. */
export type OnMessage = (message: Buffer, address: string) => Iterable<Buffer>

export interface TcpServer {
  close(): void
}

export const listenTcp = (
  host: string,
  port: number,
  onMessage: OnMessage,
  idle: Millis = IDLE,
): Promise<TcpServer> => {
  const open = new Map<Socket, string>()
  const server: Server = createServer((socket) => {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
    const same = [...open.values()].filter((other) => other === address).length
    if (same >= PER_ADDRESS) return void socket.destroy()
    open.set(socket, address)
    socket.once('close', () => open.delete(socket))
    serve(socket, address, onMessage, idle)
  })
  server.maxConnections = CONNECTIONS
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      // A connection that fails while it is accepted is that connection's affair.
      server.on('error', () => {})
      resolve({
        close() {
          server.close()
          for (const socket of open.keys()) socket.destroy()
        },
      })
    })
  })
}

const serve = (socket: Socket, address: string, onMessage: OnMessage, idle: Millis): void => {
  let waiting: Buffer = Buffer.alloc(0)
  let isWorking = false
  const cut = () => void socket.destroy()
  // Counts from whole message to whole message: a byte now and then would keep a socket's own timeout away for ever.
  let patience = setTimeout(cut, idle)
  socket.on('error', cut)
  socket.once('close', () => clearTimeout(patience))

  const work = async (): Promise<void> => {
    if (isWorking) return
    isWorking = true
    while (!socket.destroyed && waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
      clearTimeout(patience)
      const size = waiting.readUInt16BE(0)
      const message = waiting.subarray(2, 2 + size)
      waiting = waiting.subarray(2 + size)
      await sendAll(socket, onMessage(message, address), idle)
      if (!socket.destroyed) patience = setTimeout(cut, idle)
    }
    isWorking = false
    if (!socket.destroyed) socket.resume()
  }

  socket.on('data', (chunk: Buffer) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
    // What was asked is answered before more is read: so much is buffered of one connection and no more.
    socket.pause()
    void work()
  })
}

/** In turn with the other connections and with UDP, and no faster than the other side reads. */
const sendAll = async (socket: Socket, answers: Iterable<Buffer>, idle: Millis): Promise<void> => {
  let sent = 0
  for (const answer of answers) {
    if (socket.writableLength > UNREAD) await drained(socket, idle)
    if (socket.destroyed) return
    const length = Buffer.allocUnsafe(2)
    length.writeUInt16BE(answer.length)
    socket.cork()
    socket.write(length)
    socket.write(answer)
    socket.uncork()
    if (++sent > 1) await otherWork()
  }
}

/** Resolves when all has been taken, or the connection is gone: by itself, or because nobody read. */
const drained = (socket: Socket, idle: Millis): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => socket.destroy(), idle)
    const done = () => {
      clearTimeout(cut)
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
