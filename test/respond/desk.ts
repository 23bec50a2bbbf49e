/** A ticket desk for tests: a connector and the server behind it, which knows each key once, and can be down or slow. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { action } from '../../src/kit/action.ts'
import { defineActions } from '../../src/kit/connector.ts'
import type { HttpTarget } from '../../src/kit/http.ts'

export interface Delivery {
  readonly key: string
  readonly about: string
  readonly note: string
}

export interface DeskServer {
  readonly url: string
  /** All that arrived, repeats included. */
  readonly arrived: Delivery[]
  /** What it holds: each key once. */
  readonly held: Map<string, Delivery>
  readonly closed: string[]
  down: boolean
  stop(): Promise<void>
}

export const startDesk = async (port = 0): Promise<DeskServer> => {
  const arrived: Delivery[] = []
  const held = new Map<string, Delivery>()
  const closed: string[] = []
  const server = createServer((request, answer) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (desk.down) return void answer.writeHead(503).end('closed for today')
      const body = Buffer.concat(chunks).toString()
      if (request.method === 'DELETE') closed.push(decodeURIComponent(request.url!.slice('/tickets/'.length)))
      else if (body !== '') {
        const delivery = JSON.parse(body) as Delivery
        arrived.push(delivery)
        if (!held.has(delivery.key)) held.set(delivery.key, delivery)
      }
      answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ number: held.size }))
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const desk: DeskServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    held,
    closed,
    down: false,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return desk
}

const ticket = z.strictObject({
  about: z.string().describe('Whom it is about.'),
  note: z.string().default('').describe('A word.'),
})

export const desk = defineActions({
  id: 'desk',
  summary: 'A desk for tests.',
  config: z.strictObject({ url: z.string() }),
  example: 'desk: { url: http://127.0.0.1:1 }',
  permissions: [],
  connect: ({ url }): HttpTarget => ({ base: url }),
  actions: {
    open: action({
      summary: 'Opens a ticket.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: ticket,
      output: z.strictObject({ number: z.int() }),
      async run({ about, note }, target: HttpTarget, { http, key }) {
        const json = { key, about, note }
        return (await http(target, { method: 'POST', path: '/tickets', json, effect: 'write' })).json() as {
          number: number
        }
      },
      async undo({ input }, target: HttpTarget, { http, key }) {
        const path = `/tickets/${encodeURIComponent(`${key} ${input.about}`)}`
        await http(target, { method: 'DELETE', path, effect: 'write' })
      },
    }),
    look: action({
      summary: 'Looks at a ticket.',
      effect: 'read',
      idempotent: true,
      maxTlp: 'red',
      input: ticket,
      output: z.strictObject({ number: z.int() }),
      run: async (_input, target: HttpTarget, { http }) =>
        (await http(target, { method: 'GET', path: '/tickets', effect: 'read' })).json() as { number: number },
    }),
  },
  probe: async () => 'here',
})
