/**
 * The gate: nginx asks it about every request (`auth_request`), so a ban holds from the next request on, without a
 * reload. In: the client's address in a header that nginx sets. Out: 204 to let pass; 403 with the remedy and the
 * reference code, all that a visitor may learn. A question that cannot be read is a mistake in the web server's
 * configuration, not a reason to lock anybody out: it passes, and is counted.
 */
import type { FastifyInstance } from 'fastify'
import { parseAddress } from '../../core/ip.ts'
import { referenceOf } from '../../core/reference.ts'
import type { Millis } from '../../core/time.ts'
import type { Roster } from '../../kit/roster.ts'

export interface GateDeps {
  readonly roster: Roster
  readonly clock: () => Millis
}

/** Remedies that the gate can carry out: a throttled client is let pass, and named, so that `limit_req` may slow it. */
const DENIED = new Set(['ban', 'captcha'])

export const gateRoutes =
  ({ roster, clock }: GateDeps) =>
  (app: FastifyInstance) => {
    app.get('/gate', (request, reply) => {
      const address = request.headers['x-riposte-client']
      if (typeof address !== 'string' || parseAddress(address) === undefined)
        return reply.header('x-riposte-trouble', 'X-Riposte-Client holds no address').code(204).send()
      const entry = roster.covering(address, clock())
      if (!entry || entry.type === 'watch') return reply.code(204).send()
      reply.header('x-riposte-remedy', entry.type).header('x-riposte-reference', referenceOf(entry.id))
      return reply.code(DENIED.has(entry.type) ? 403 : 204).send()
    })
  }
