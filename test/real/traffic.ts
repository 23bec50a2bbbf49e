/**
 * An HTTP/1.1 client that sends exactly the bytes it is told, from the source address it is told: what attackers do and
 * no library allows (repeated headers, raw bytes, broken escapes).
 */
import { connect } from 'node:net'

export interface HttpRequest {
  readonly method: string
  /** As it stands in the request line: path and query, already escaped (or not, if that is the point). */
  readonly target: string
  /** In order, repeated names allowed. Host and Content-Length are the caller's business; latin1. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** latin1: one character is one byte. */
  readonly body?: string
}

export interface Target {
  readonly host: string
  readonly port: number
}

export interface Sent {
  /** 0 when the connection ended without an answer. */
  readonly status: number
  /** The port that we sent from. */
  readonly port: number
  /** Milliseconds since the epoch when the request was sent. */
  readonly at: number
  readonly error?: string
}

export const requestBytes = (request: HttpRequest): Buffer =>
  Buffer.from(
    `${request.method} ${request.target} HTTP/1.1\r\n${request.headers.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n${request.body ?? ''}`,
    'latin1',
  )

/** Sends one request on a connection of its own and reads the whole answer. Never rejects. */
export const send = (request: HttpRequest, target: Target, from?: string): Promise<Sent> =>
  new Promise((resolve) => {
    let answer = Buffer.alloc(0)
    let port = 0
    const at = Date.now()
    const socket = connect({
      host: target.host,
      port: target.port,
      ...(from === undefined ? {} : { localAddress: from }),
    })
    const finish = (error?: string) => {
      socket.destroy()
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer.subarray(0, 16).toString('latin1'))?.[1] ?? 0)
      resolve({ status, port, at, ...(error === undefined ? {} : { error }) })
    }
    socket.once('connect', () => {
      port = socket.localPort ?? 0
      socket.write(requestBytes(request))
    })
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk])
      if (isWhole(answer, request.method)) finish()
    })
    socket.once('end', () => finish())
    socket.once('error', (error) => finish(error.message))
    socket.setTimeout(15_000, () => finish('timeout'))
  })

const isWhole = (answer: Buffer, method: string): boolean => {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return false
  const head = answer.subarray(0, end).toString('latin1')
  if (method === 'HEAD' || /^HTTP\/1\.[01] (?:204|304)/.test(head)) return true
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return answer.length >= end + 4 + Number(length)
  // Chunked by nginx when it filters a body: the last chunk ends it.
  return /\r\ntransfer-encoding: *chunked/i.test(head) && answer.subarray(-5).toString('latin1') === '0\r\n\r\n'
}
