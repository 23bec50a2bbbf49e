/**
 * `POST /api/webhook/modsecurity`, the "SOAR side" of article 1: what others' WAFs send. In: one payload. Out: 202 when
 * it lies on the disk, from where it is read like any log; so it is counted, scored and judged by the same rules, and
 * the same bytes posted twice are one event.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { canonicalIp } from '../../core/ip.ts'
import type { Millis } from '../../core/time.ts'
import type { Logger } from '../../kit/logger.ts'
import { createGuard, type Presented, type WebhookKeys } from './guard.ts'
import type { Spool } from './spool.ts'

export interface WebhookOptions {
  /** Undefined when nothing is received. */
  settings(): (WebhookKeys & { readonly spool: Spool }) | undefined
  readonly log: Logger
  readonly clock: () => Millis
}

const PATH = '/api/webhook/modsecurity'
const BODY_LIMIT = 256 * 1024

/** What is missing or wrong, in the sender's words; nothing when it is all there. */
const problems = (payload: unknown): readonly string[] => {
  if (payload === null || typeof payload !== 'object' || Array.isArray(payload)) return ['the body is no JSON object']
  const { timestamp, indicators, details } = payload as Record<string, unknown>
  const { ip_address: ip } = (indicators ?? {}) as Record<string, unknown>
  return [
    ...(typeof ip === 'string' && canonicalIp(ip) !== undefined ? [] : ['indicators.ip_address: an address is needed']),
    ...(typeof timestamp === 'string' && !Number.isNaN(Date.parse(timestamp))
      ? []
      : ['timestamp: an ISO 8601 time is needed']),
    ...(details !== null &&
    typeof details === 'object' &&
    Array.isArray((details as Record<string, unknown>)['matched_rules'])
      ? []
      : ['details.matched_rules: a list is needed']),
  ]
}

const isConnectivityTest = (payload: unknown): boolean =>
  payload !== null && typeof payload === 'object' && (payload as Record<string, unknown>)['test'] !== undefined

const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

const presented = (request: FastifyRequest): Presented => ({
  authorization: header(request, 'authorization'),
  id: header(request, 'webhook-id'),
  timestamp: header(request, 'webhook-timestamp'),
  signature: header(request, 'webhook-signature'),
})

export const webhookRoutes =
  ({ settings, log, clock }: WebhookOptions) =>
  (app: FastifyInstance): void => {
    const guard = createGuard(() => settings() ?? {}, clock)
    let complainedAt = Number.NEGATIVE_INFINITY

    const complain = (request: FastifyRequest): void => {
      if (clock() - complainedAt < 60_000) return
      complainedAt = clock()
      log.warn({ address: request.ip }, 'a webhook was refused: neither its token nor its signature is right')
    }

    const refuse = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
      complain(request)
      return reply.code(401).send({ error: 'send Authorization: Bearer TOKEN, or a Standard Webhooks signature' })
    }

    /** Before the body is read. */
    const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      if (!settings()) return reply.code(404).send({ error: 'nothing is received here; see http.webhook' })
      if (!guard.mayKnock(presented(request))) return refuse(request, reply)
      return undefined
    }

    const take = async (request: FastifyRequest, reply: FastifyReply): Promise<object> => {
      const body = request.body as Buffer
      const verdict = guard.judge(presented(request), body)
      if (verdict === 'stranger') return refuse(request, reply)
      let payload: unknown
      try {
        payload = JSON.parse(body.toString('utf8'))
      } catch {
        return reply.code(400).send({ error: 'the body is no JSON' })
      }
      if (isConnectivityTest(payload))
        return { status: 'ok', message: 'Riposte hears you: address, token and network are right. Nothing was stored.' }
      const wrong = problems(payload)
      if (wrong.length > 0) return reply.code(400).send({ error: 'the payload is incomplete', problems: wrong })
      if (verdict !== 'again') await settings()!.spool.append(JSON.stringify(payload))
      // Not before: had the disk been full, it would be an answered repeat of what nobody has.
      if (verdict === 'signed') guard.remember(presented(request))
      return reply.code(202).send({ status: 'accepted' })
    }

    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
      done(null, body),
    )
    app.post(PATH, { bodyLimit: BODY_LIMIT, onRequest }, take)
    app.route({
      method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'],
      url: PATH,
      handler: (_request, reply) => reply.code(405).header('allow', 'POST').send({ error: 'post to it' }),
    })
  }
