/**
 * One TCP connection to a name server: whole messages out, whole messages in. Promised: nobody waits longer than the
 * time that was set, whether the server is dead, stopped, or its network is gone without a word (half-open).
 */
import { connect } from 'node:net'
import { Failure } from '../../core/failure.ts'
import type { Millis } from '../../core/time.ts'
import type { Endpoint } from '../../kit/scalars.ts'

export interface Stream {
  send(message: Buffer): void
  /** The next message. Throws a Failure when none comes in time, or none can come any more. */
  read(): Promise<Buffer>
  close(): void
}

const place = ({ host, port }: Endpoint): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

/** Closed whatever comes of the work. */
export const withStream = async <T>(open: Promise<Stream>, work: (stream: Stream) => Promise<T>): Promise<T> => {
  const stream = await open
  try {
    return await work(stream)
  } finally {
    stream.close()
  }
}

export const openStream = async (server: Endpoint, timeout: Millis, signal: AbortSignal): Promise<Stream> => {
  const socket = connect(server)
  socket.setNoDelay(true)
  let chunks: Buffer[] = []
  let size = 0
  let ended: Failure | undefined
  let wake: () => void = () => {}
  const end = (failure: Failure): void => {
    ended ??= failure
    socket.destroy()
    wake()
  }
  const unreachable = (why: string, cause?: unknown): Failure =>
    new Failure('BIND_UNREACHABLE', `${place(server)} ${why}`, {
      retry: 'backoff',
      remedy: 'Start BIND, or correct server to the address and port on which it answers by TCP.',
      cause,
    })
  const silent = (): Failure =>
    new Failure('BIND_SILENT', `${place(server)} gave no answer within ${timeout / 1000} s`, {
      retry: 'backoff',
      remedy: 'See whether BIND hangs, and whether a firewall swallows TCP on its port.',
    })
  const stop = (): void => end(new Failure('BIND_STOPPED', 'the work was called off', { retry: 'backoff' }))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    size += chunk.length
    wake()
  })
  socket.on('error', (error: NodeJS.ErrnoException) =>
    end(unreachable(`cannot be reached (${error.code ?? error.message})`, error)),
  )
  socket.on('close', () => end(unreachable('closed the connection')))
  socket.on('connect', () => wake())

  /** Resolves when `ready`; throws when it cannot be, or not in time. */
  const until = async (ready: () => boolean): Promise<void> => {
    const timer = setTimeout(() => end(silent()), timeout)
    try {
      while (!ready()) {
        if (ended) throw ended
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Puts the chunks together only when a message is whole: a transfer comes in thousands of them. */
  const take = (count: number): Buffer => {
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    chunks = [all.subarray(count)]
    size -= count
    return all.subarray(0, count)
  }
  const nextSize = (): number => {
    if (size < 2) return Number.POSITIVE_INFINITY
    if (chunks[0]!.length < 2) chunks = [Buffer.concat(chunks)]
    return chunks[0]!.readUInt16BE(0)
  }

  try {
    await until(() => !socket.connecting)
  } catch (error) {
    signal.removeEventListener('abort', stop)
    throw error
  }
  return {
    send(message) {
      const head = Buffer.alloc(2)
      head.writeUInt16BE(message.length)
      socket.write(Buffer.concat([head, message]))
    },
    async read() {
      await until(() => size >= 2 + nextSize())
      return take(2 + nextSize()).subarray(2)
    },
    close() {
      signal.removeEventListener('abort', stop)
      socket.destroy()
    },
  }
}
