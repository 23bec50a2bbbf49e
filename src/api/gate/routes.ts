/**
 * The gate: the question that nginx asks by `auth_request` before it serves a request. In: `GET /gate` with the client's
 * address in `X-Riposte-Client`. Out: 204, or 403 with `X-Riposte-Reference` and `X-Riposte-Remedy`; anything else is an
 * error of configuration, on which nginx serves the request (content/enforce/nginx-gate.conf).
 *
 * A ban holds with the next request after its commit, and a lifted one is open as soon: nothing is cached, nothing is
 * reloaded. Only neighbours are answered, since the answer tells who is banned.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { createCidrSet } from '../../core/cidr-set.ts'
import { type Cidr, parseCidr } from '../../core/ip.ts'
import type { Millis } from '../../core/time.ts'
import type { Roster } from '../../kit/roster.ts'
import type { GateBook } from './book.ts'
import type { Rate } from './throttle.ts'
import { createJudge } from './verdict.ts'

export interface GateDeps {
  readonly roster: Roster
  /** Told of each answer. */
  readonly book?: Pick<GateBook, 'passed' | 'denied'>
  readonly clock: () => Millis
  /** Who may ask, besides those who come by a unix socket. Default: this machine, and private networks. */
  readonly peers?: readonly Cidr[]
  /** For the throttled and those who would get a captcha. Default: one request a second, ten at once. */
  readonly rate?: Rate
}

const NEAR = ['127.0.0.0/8', '::1', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'].map(
  (text) => parseCidr(text)!,
)

export const gateRoutes =
  ({ roster, book, clock, peers = NEAR, rate }: GateDeps) =>
  (app: FastifyInstance): void => {
    const judge = createJudge(roster, clock, rate)
    const neighbours = createCidrSet(peers)
    const known = new WeakMap<object, boolean>()

    /** Once per connection: nginx keeps it open for thousands of questions. */
    const mayAsk = ({ socket }: FastifyRequest): boolean => {
      let may = known.get(socket)
      if (may === undefined) {
        const peer = socket.remoteAddress === undefined ? undefined : parseCidr(socket.remoteAddress)
        may = socket.remoteAddress === undefined || (peer !== undefined && neighbours.touching(peer) !== undefined)
        known.set(socket, may)
      }
      return may
    }

    app.get('/gate', (request, reply) => {
      if (!mayAsk(request)) return reply.code(404).send()
      const client = request.headers['x-riposte-client']
      const verdict = typeof client === 'string' ? judge(client) : undefined
      if (!verdict)
        return reply.code(400).send({ message: 'X-Riposte-Client holds no address; set it to $remote_addr' })
      if (verdict.pass) {
        book?.passed()
        return reply.code(204).send()
      }
      book?.denied(verdict.entry)
      return reply
        .code(403)
        .header('x-riposte-reference', verdict.reference)
        .header('x-riposte-remedy', verdict.entry.type)
        .send()
    })
  }
