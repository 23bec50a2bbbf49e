/** Asks a name server as a resolver would: by UDP, tried again, only answers to our own questions believed. */
import { createSocket } from 'node:dgram'
import { decode, encode, type RecordType } from 'dns-packet'
import type { Millis } from '../core/time.ts'
import type { Endpoint } from './scalars.ts'

export interface Told {
  readonly rcode: string
  /** Last octets of 127.0.0.x. */
  readonly codes: readonly number[]
  readonly texts: readonly string[]
  /** Seconds. */
  readonly ttl?: number
  /** Of a SOA record. */
  readonly serial?: number
}

const TRIES = 3

/** For each name what was answered, or undefined where no answer came in time. At most some hundred names. */
export const ask = async (
  server: Endpoint,
  names: readonly string[],
  options: { readonly type?: RecordType; readonly timeout?: Millis } = {},
): Promise<readonly (Told | undefined)[]> => {
  const { type = 'ANY' as RecordType, timeout = 500 } = options
  const told: (Told | undefined)[] = new Array(names.length).fill(undefined)
  const socket = createSocket(server.host.includes(':') ? 'udp6' : 'udp4')
  const first = Math.floor(Math.random() * 65_536)
  let open = names.length
  let done: () => void = () => {}
  socket.on('error', () => {})
  socket.on('message', (bytes) => {
    try {
      const message = decode(bytes)
      const n = ((message.id ?? 0) - first + 65_536) & 65_535
      const question = message.questions?.[0]?.name.toLowerCase()
      if (n >= names.length || told[n] || question !== names[n]!.toLowerCase()) return
      told[n] = toldBy(message)
      if (--open === 0) done()
    } catch {
      // Somebody sent us something that is no DNS message.
    }
  })
  try {
    for (let attempt = 0; attempt < TRIES && open > 0; attempt++) {
      for (const [n, name] of names.entries())
        if (!told[n])
          socket.send(
            encode({ type: 'query', id: (first + n) & 65_535, questions: [{ type, name }] }),
            server.port,
            server.host,
          )
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeout)
        done = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  } finally {
    socket.close()
  }
  return told
}

const toldBy = (message: ReturnType<typeof decode>): Told => {
  const answers = (message.answers ?? []) as readonly { type: string; data?: unknown; ttl?: number }[]
  const ttl = answers[0]?.ttl
  const soa = answers.find((a) => a.type === 'SOA')?.data as { readonly serial?: number } | undefined
  return {
    rcode: (message as unknown as { rcode: string }).rcode,
    codes: answers.flatMap((a) =>
      a.type === 'A' && String(a.data).startsWith('127.0.0.') ? [Number(String(a.data).slice(8))] : [],
    ),
    texts: answers.flatMap((a) => (a.type === 'TXT' ? [[a.data].flat().map(String).join('')] : [])),
    ...(ttl === undefined ? {} : { ttl }),
    ...(soa?.serial === undefined ? {} : { serial: soa.serial }),
  }
}

/** The serial of the zone's SOA; undefined when the server does not answer, or not for this zone. */
export const askSerial = async (server: Endpoint, zone: string): Promise<number | undefined> => {
  const [told] = await ask(server, [zone], { type: 'SOA' })
  return told?.serial
}
