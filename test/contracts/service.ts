/** The local server that plays a foreign service: by the book, or misbehaving. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PlannedResponse } from './exchange.ts'

export interface Arrived {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Service {
  readonly url: string
  readonly arrived: readonly Arrived[]
  stop(): Promise<void>
}

export type Manners = (arrived: Arrived, answer: ServerResponse) => void

export const startService = async (manners: Manners): Promise<Service> => {
  const arrived: Arrived[] = []
  const server = createServer(async (request, answer) => {
    const one = await arrivedOf(request).catch(() => undefined)
    if (!one) return
    arrived.push(one)
    manners(one, answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const arrivedOf = async (request: IncomingMessage): Promise<Arrived> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return {
    method: request.method!,
    path: request.url!,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    body: Buffer.concat(chunks).toString('utf8'),
  }
}

/** Answers in the given order, and beyond it with 500. */
export const byTheBook = (responses: readonly PlannedResponse[]): Manners => {
  let next = 0
  return (_arrived, answer) => {
    const { status, headers, json, text } = responses[next++] ?? {
      status: 500,
      headers: {},
      json: undefined,
      text: 'nobody expected this request',
    }
    const body = json === undefined ? (text ?? '') : JSON.stringify(json)
    answer.writeHead(status, { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers })
    answer.end(body)
  }
}
