/**
 * CrowdSec's local API as far as bouncers use it, so that every bouncer written for it carries our decisions out
 * unchanged. Five routes; everything else is 404.
 *
 * Byte for byte where clients compare bytes: nothing found is `null` without a newline, a wrong key is 403 with their
 * sentence. Answers are never compressed and never wait for the whole set to be in memory.
 */
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parseCidr } from '../../core/ip.ts'
import type { Millis } from '../../core/time.ts'
import type { Logger } from '../../kit/logger.ts'
import type { Roster } from '../../kit/roster.ts'
import type { Entry } from '../../kit/sink.ts'
import type { BouncerBook, Client } from './bouncer-book.ts'
import { valuesFor } from './decision.ts'
import { deltaAnswer, received, startupAnswer, written } from './delivery.ts'
import { type Dialect, dialectOf } from './dialect.ts'
import { filterOf, type Query, textOf } from './filter.ts'
import { listText, type Sent, streamText } from './stream-text.ts'
import { usageIn } from './usage-metrics.ts'

export interface LapiDeps {
  readonly roster: Roster
  readonly book: BouncerBook
  readonly clock: () => Millis
  readonly log: Logger
  /** Told which subjects an answer held that was completely written, or is known to have been received. */
  proved(bouncer: string, done: readonly Sent[], step: 'applied' | 'verified'): void
}

const INFLATED_LIMIT = 8 * 1024 * 1024
/** Subjects of one answer whose proofs are followed one by one; larger answers are proved as a whole. */
const FOLLOWED = 2000

export const lapiRoutes = (deps: LapiDeps) => (app: FastifyInstance) => {
  const { roster, book, clock } = deps
  const inflate = promisify(gunzip)
  /** What each answer held that is not known to have been received, per client; the oldest first. */
  const open = new WeakMap<Client, Sent[][]>()

  const client = async (request: FastifyRequest, reply: FastifyReply): Promise<Client | undefined> => {
    const key = request.headers['x-api-key']
    const found = typeof key === 'string' && key.length <= 512 ? await book.known(key) : undefined
    if (!found) {
      await reply.code(403).type('application/json').send('{"message":"access forbidden"}')
      return undefined
    }
    return found
  }

  const seen = (found: Client, request: FastifyRequest): Dialect => {
    const agent = String(request.headers['user-agent'] ?? '').slice(0, 200)
    const [type = '', version = ''] = agent.split('/', 2)
    const now = clock()
    const last = found.bouncer.pulledAt
    if (last !== undefined) found.interval = now - last
    found.bouncer = { ...found.bouncer, type, version, address: request.ip, pulledAt: now }
    found.changed = true
    return dialectOf(agent)
  }

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.get('/v1/decisions/stream', async (request, reply) => {
    const found = await client(request, reply)
    if (!found) return reply
    const dialect = seen(found, request)
    const query = request.query as Query
    const wanted = filterOf(query)
    const { socket } = request.raw
    found.delivery = received(found.delivery, found.connection === socket)
    const answers = open.get(found) ?? []
    while (answers.length > found.delivery.pending.length) deps.proved(found.bouncer.name, answers.shift()!, 'verified')
    const startup = textOf(query['startup']) === 'true'
    const answer = startup
      ? startupAnswer(roster, wanted, dialect)
      : deltaAnswer(roster, found.delivery, wanted, dialect)
    const sent: Sent[] = []
    let withheld = 0
    const note = (entry: Entry, act: Sent['act']): void => {
      if (valuesFor(entry, dialect).length === 0) withheld++
      else if (sent.length < FOLLOWED) sent.push({ entry, act })
    }
    reply.raw.once('finish', () => {
      if (startup) found.delivery = { pending: [] }
      found.delivery = written(found.delivery, answer.mark)
      found.connection = socket
      found.withheld = startup ? withheld : found.withheld + withheld
      found.changed = true
      open.set(found, [...(startup ? [] : (open.get(found) ?? [])), sent].slice(-2))
      deps.proved(found.bouncer.name, sent, 'applied')
    })
    return reply
      .type('application/json')
      .send(Readable.from(streamText(answer, dialect, !startup, roster, clock, note), { objectMode: false }))
  })

  app.get('/v1/decisions', async (request, reply) => {
    const found = await client(request, reply)
    if (!found) return reply
    const dialect = { ...seen(found, request), ranges: true }
    const query = request.query as Query
    const entries = asked(query, roster, clock())
    if (entries === undefined) return reply.code(400).send({ message: 'ip and range take an address or a network' })
    const wanted = filterOf(query)
    return reply
      .type('application/json')
      .send(Readable.from(listText(entries, wanted, dialect, clock), { objectMode: false }))
  })

  for (const url of ['/v1/decisions', '/v1/decisions/stream'])
    app.head(url, async (request, reply) => ((await client(request, reply)) ? reply.code(200).send() : reply))

  app.post('/v1/usage-metrics', async (request, reply) => {
    const found = await client(request, reply)
    if (!found) return reply
    try {
      const body = request.body as Buffer | undefined
      const zipped = request.headers['content-encoding'] === 'gzip'
      const text = zipped ? await inflate(body ?? Buffer.alloc(0), { maxOutputLength: INFLATED_LIMIT }) : body
      const usage = usageIn(JSON.parse(String(text ?? '')))
      found.bouncer = { ...found.bouncer, metrics: JSON.stringify(usage) }
      found.changed = true
    } catch {
      // A report that cannot be read is of no consequence to a bouncer, and it must not stop because of it.
    }
    return reply.code(201).send()
  })
}

/** The entries that a live question is about; undefined when it cannot be read. */
const asked = (query: Query, roster: Roster, at: Millis): Iterable<Entry> | undefined => {
  const ip = textOf(query['ip'])
  const range = textOf(query['range'])
  const value = textOf(query['value'])
  if (ip === undefined && range === undefined && value === undefined) return roster.active()
  const cidr = parseCidr((ip ?? range ?? value)!)
  if (!cidr) return value === undefined ? undefined : []
  const exact = roster.get(cidr.text)
  if (value !== undefined) return exact ? [exact] : []
  const cover = roster.covering(cidr.text.split('/')[0]!, at)
  const around = cover && (parseCidr(cover.value)?.bits ?? 129) <= cidr.bits ? cover : exact
  return around ? [around] : []
}
