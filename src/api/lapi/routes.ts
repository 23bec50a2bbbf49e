/**
 * CrowdSec's local API as far as bouncers use it, so that every bouncer written for it carries our decisions out
 * unchanged. Five routes; other methods on them are 405, everything else is 404.
 *
 * Byte for byte where clients compare bytes: nothing found is `null` without a newline, a wrong key is 403 with their
 * sentence (and a line in the log, without the key). Answers are never compressed and never wait for the whole set to be
 * in memory. No body is read from somebody without a key. Held against CrowdSec's own server by test/differential.
 */
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Millis } from '../../core/time.ts'
import type { Logger } from '../../kit/logger.ts'
import type { Roster } from '../../kit/roster.ts'
import type { Entry } from '../../kit/sink.ts'
import type { BouncerBook, Client } from './bouncer-book.ts'
import { createComplaint } from './complaint.ts'
import { valuesFor } from './decision.ts'
import { deltaAnswer, received, startupAnswer, written } from './delivery.ts'
import { type Dialect, dialectOf } from './dialect.ts'
import { filterOf, parameter, type Query } from './filter.ts'
import { askedFor } from './live.ts'
import { paced } from './pace.ts'
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

const JSON_TYPE = 'application/json; charset=utf-8'
const INFLATED_LIMIT = 8 * 1024 * 1024
/** Subjects of one answer whose proofs are followed one by one; larger answers are proved as a whole. */
const FOLLOWED = 2000

export const lapiRoutes = (deps: LapiDeps) => (app: FastifyInstance) => {
  const { roster, book, clock } = deps
  const inflate = promisify(gunzip)
  /** What each answer held that is not known to have been received, per client; the oldest first. */
  const open = new WeakMap<Client, Sent[][]>()

  const askers = new WeakMap<FastifyRequest, Client>()
  const complain = createComplaint(deps.log, clock)

  /** Before a body is read: who has no key shall not fill our memory. */
  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const key = request.headers['x-api-key']
    const found = typeof key === 'string' && key.length <= 512 ? await book.known(key) : undefined
    if (found) return void askers.set(request, found)
    complain(request.ip, String(request.headers['user-agent'] ?? ''))
    // A stranger's connection is not kept: there are only so many.
    return reply.code(403).header('connection', 'close').type(JSON_TYPE).send('{"message":"access forbidden"}')
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

  app.get('/v1/decisions/stream', { onRequest }, async (request, reply) => {
    const found = askers.get(request)!
    const dialect = seen(found, request)
    const query = request.query as Query
    const wanted = filterOf(query)
    const { socket } = request.raw
    found.delivery = received(found.delivery, found.connection === socket)
    const answers = open.get(found) ?? []
    while (answers.length > found.delivery.pending.length) deps.proved(found.bouncer.name, answers.shift()!, 'verified')
    const startup = parameter(query, 'startup') === 'true'
    const now = clock()
    const last = found.streamed
    // A process that has just started may have another interval.
    if (startup) found.pace = { portion: found.pace.portion }
    else if (last) found.pace = paced(found.pace, now - last.at, last.given)
    const streamed = { at: now, given: 0 }
    found.streamed = streamed
    const portion = dialect.inPortions ? found.pace.portion : Number.POSITIVE_INFINITY
    const answer = startup
      ? startupAnswer(roster, wanted, portion)
      : deltaAnswer(roster, found.delivery, wanted, portion)
    const sent: Sent[] = []
    let given = 0
    const note = (entry: Entry, act: Sent['act']): void => {
      if (act === 'block') given++
      if (sent.length < FOLLOWED && valuesFor(entry, dialect).length > 0) sent.push({ entry, act })
    }
    reply.raw.once('finish', () => {
      if (startup) found.delivery = { pending: [] }
      found.delivery = written(found.delivery, answer.mark)
      found.connection = socket
      streamed.given = given
      found.changed = true
      open.set(found, [...(startup ? [] : (open.get(found) ?? [])), sent].slice(-2))
      deps.proved(found.bouncer.name, sent, 'applied')
    })
    return reply
      .type(JSON_TYPE)
      .send(Readable.from(streamText(answer, dialect, !startup, roster, clock, note), { objectMode: false }))
  })

  app.get('/v1/decisions', { onRequest }, async (request, reply) => {
    const dialect = { ...seen(askers.get(request)!, request), ranges: true }
    const query = request.query as Query
    const entries = askedFor(query, roster, clock())
    if (entries === undefined)
      return reply
        .code(400)
        .send({ message: 'ip and range take an address or a network, contains takes true or false' })
    const wanted = filterOf(query)
    return reply.type(JSON_TYPE).send(Readable.from(listText(entries, wanted, dialect, clock), { objectMode: false }))
  })

  for (const url of ['/v1/decisions', '/v1/decisions/stream'])
    app.head(url, { onRequest }, (_request, reply) => reply.type(JSON_TYPE).send())

  app.post('/v1/usage-metrics', { onRequest }, async (request, reply) => {
    const found = askers.get(request)!
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

  for (const [url, allowed] of Object.entries(METHODS))
    app.route({
      url,
      method: EVERY_METHOD.filter((method) => !allowed.includes(method)),
      onRequest: (_request, reply) => void reply.code(405).header('allow', allowed.join(', ')).send(),
      handler: () => {},
    })
}

const EVERY_METHOD = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const METHODS: Readonly<Record<string, readonly string[]>> = {
  '/v1/decisions': ['GET', 'HEAD'],
  '/v1/decisions/stream': ['GET', 'HEAD'],
  '/v1/usage-metrics': ['POST'],
}
