/**
 * The daemon's HTTP server. In: where to listen, and the routes of each folder beside this file. Out: a server that
 * is bounded in every direction (header and body sizes, times, connections) and tells no stranger more than an error's
 * one sentence. Promised: it never takes the daemon down, and closing it ends its connections.
 */
import Fastify, { type FastifyInstance } from 'fastify'
import { Failure } from '../core/failure.ts'
import { type Millis, SECOND } from '../core/time.ts'
import type { Logger } from '../kit/logger.ts'
import { clearSocket } from '../kit/unix-socket.ts'

export type ListenAt = { readonly host: string; readonly port: number } | { readonly path: string }

export interface Limits {
  /** Until the head of a first request must have come. */
  readonly head: Millis
  /** Without a byte in either direction, also in the middle of an answer that nobody reads. Longer than bouncers pause. */
  readonly idle: Millis
  /** At once, per address that is listened on; more are closed unheard. */
  readonly connections: number
}

const LIMITS: Limits = { head: 10 * SECOND, idle: 150 * SECOND, connections: 4096 }

export interface ApiOptions {
  readonly listen: readonly ListenAt[]
  readonly log: Logger
  readonly routes: readonly ((app: FastifyInstance) => void)[]
  /** Other than usual. */
  readonly limits?: Limits
}

export interface Api {
  /** `http://127.0.0.1:8080`, `unix:/run/riposte/http.sock`. */
  readonly urls: readonly string[]
  close(): Promise<void>
}

/** A body is a bouncer's usage report at most. */
const BODY_LIMIT = 2 * 1024 * 1024

const build = ({ log, routes, limits = LIMITS }: ApiOptions): FastifyInstance => {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30 * SECOND,
    connectionTimeout: limits.idle,
    keepAliveTimeout: 120 * SECOND,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    http: {
      maxHeaderSize: 16 * 1024,
      headersTimeout: limits.head,
      connectionsCheckingInterval: limits.head / 2,
    },
    routerOptions: { maxParamLength: 256 },
  })
  app.server.maxConnections = limits.connections
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) log.error({ error: error.message }, 'a request failed')
    return reply.code(status).send({ message: status >= 500 ? 'internal error' : error.message })
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send())
  for (const url of ['/health', '/healthz']) app.get(url, { exposeHeadRoute: true }, async () => ({ status: 'up' }))
  // Each in a scope of its own: how one reads bodies is nothing to the others.
  for (const route of routes) app.register(async (inside) => route(inside))
  return app
}

const urlOf = (at: ListenAt, address: string): string => ('path' in at ? `unix:${at.path}` : address)

/** Throws HTTP_LISTEN, NOT_A_SOCKET or SOCKET_IN_USE when an address cannot be had; then none is. */
export const createApi = async (options: ApiOptions): Promise<Api> => {
  const opened: FastifyInstance[] = []
  const urls: string[] = []
  const close = async () => {
    await Promise.all(opened.map((app) => app.close()))
  }
  for (const at of options.listen) {
    const app = build(options)
    opened.push(app)
    try {
      if ('path' in at) await clearSocket(at.path)
      urls.push(urlOf(at, await app.listen(at)))
    } catch (error) {
      await close()
      if (error instanceof Failure) throw error
      const place = 'path' in at ? at.path : `${at.host}:${at.port}`
      throw new Failure(
        'HTTP_LISTEN',
        `cannot listen on ${place} (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
        {
          remedy: 'Choose another address in http.listen, or stop the program that has it.',
          cause: error,
        },
      )
    }
  }
  return { urls, close }
}
