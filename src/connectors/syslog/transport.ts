/** Carries syslog lines: a datagram each (RFC 5426), or a stream with the length before each line (RFC 6587, 5425). */
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Failure } from '../../core/failure.ts'
import type { Settings } from './settings.ts'

const unreachable = ({ server }: Settings, cause: unknown): Failure =>
  new Failure(
    'SYSLOG_UNREACHABLE',
    `${server.host}:${server.port} does not take it (${(cause as NodeJS.ErrnoException).code ?? 'closed'})`,
    {
      retry: 'backoff',
      remedy: 'Check server: and over: of this connector, and that the receiver runs.',
      cause,
    },
  )

/** Resolves when the lines were handed to the network: over UDP nobody says more, over a stream the receiver's kernel has them. */
export const sendLines = (lines: readonly string[], settings: Settings, signal: AbortSignal): Promise<void> =>
  settings.over === 'udp' ? datagrams(lines, settings) : stream(lines, settings, signal)

const datagrams = async (lines: readonly string[], settings: Settings): Promise<void> => {
  const { host, port } = settings.server
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    for (const line of lines)
      await new Promise<void>((resolve, reject) =>
        socket.send(line, port, host, (error) => (error ? reject(unreachable(settings, error)) : resolve())),
      )
  } finally {
    socket.close()
  }
}

const stream = (lines: readonly string[], settings: Settings, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = open(settings)
    const fail = (cause: unknown): void => {
      socket.destroy()
      reject(unreachable(settings, cause))
    }
    const abort = (): void => fail({ code: 'TIMEOUT' })
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', fail)
    socket.once('close', (hadError) => {
      signal.removeEventListener('abort', abort)
      if (!hadError) resolve()
    })
    // What a receiver might say is not listened to, but must be read for the end to be seen.
    socket.resume()
    socket.end(Buffer.concat(lines.map(framed)))
  })

const framed = (line: string): Buffer => {
  const bytes = Buffer.from(line)
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes])
}

const open = ({ over, server: { host, port }, ca }: Settings): Socket =>
  over === 'tls'
    ? connectTls({ host, port, ...(ca === undefined ? {} : { ca: readFileSync(ca) }) })
    : connectTcp({ host, port })

export const reach = (settings: Settings, signal: AbortSignal): Promise<void> => stream([], settings, signal)
