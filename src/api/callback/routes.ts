/**
 * `POST /api/callback/ban|unban|approve|reject|annotate|close|run`: what a SOAR, a ticket system or a script has decided. In:
 * a bearer token that may do so, and a small JSON body. Out: 200 when it is done, 409 when a guard or the state of things
 * says no, with the reason; it goes through the inbox, so every guard looks at it and the audit trail names the token.
 */
import { timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Command } from '../../core/act.ts'
import { Failure } from '../../core/failure.ts'
import { type Millis, SECOND } from '../../core/time.ts'
import type { Logger } from '../../kit/logger.ts'
import type { Secret } from '../../kit/secret.ts'
import type { Inbox, Outbox } from '../../kit/store.ts'
import { ANSWER, type CallbackScope, COMMANDS, problemsOf, START, type Start } from './verbs.ts'

export interface CallbackToken {
  readonly name: string
  readonly token: Secret
  readonly may: readonly CallbackScope[]
}

export interface CallbackOptions {
  /** As they are now; none: there is nothing here. */
  tokens(): readonly CallbackToken[]
  readonly store: Pick<Inbox, 'ask' | 'answer'> & Pick<Outbox, 'vote' | 'approvals'>
  /** Queues a playbook. Throws the Failure that says why it cannot. */
  start(order: Start): Promise<void>
  readonly log: Logger
  readonly clock: () => Millis
  /** How long the daemon's answer is waited for; a caller that gets 504 may ask again. */
  readonly patience?: Millis
}

interface Caller {
  readonly by: string
  readonly may: readonly CallbackScope[]
}

const BODY_LIMIT = 16 * 1024
const LOOK: Millis = 50

export const callbackRoutes =
  ({ tokens, store, start, log, clock, patience = 10 * SECOND }: CallbackOptions) =>
  (app: FastifyInstance): void => {
    /** Every token is compared, so that the time taken says nothing. */
    const callerOf = (authorization: string | undefined): Caller | undefined => {
      const bearer = Buffer.from(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '')
      const [found] = tokens().filter(({ token }) => {
        const right = Buffer.from(token.reveal())
        return bearer.length === right.length && timingSafeEqual(bearer, right)
      })
      return found && { by: `callback:${found.name}`, may: found.may }
    }

    const admit =
      (scope: CallbackScope) =>
      async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
        if (tokens().length === 0) return reply.code(404).send({ error: 'nothing is taken here; see http.callbacks' })
        const caller = callerOf(request.headers.authorization)
        if (!caller) {
          log.warn({ address: request.ip }, 'a callback was refused: its token is not known')
          return reply.code(401).send({ error: 'send Authorization: Bearer TOKEN' })
        }
        if (!caller.may.includes(scope))
          return reply.code(403).send({ error: `this token may not ${scope}; it may ${caller.may.join(', ')}` })
        return undefined
      }

    const refused = (reply: FastifyReply, problems: readonly string[]) =>
      reply.code(400).send({ error: 'the body is not as it should be', problems })

    const carriedOut = async (command: Command, { by }: Caller, reply: FastifyReply): Promise<unknown> => {
      const number = await store.ask(command, by, clock())
      for (let waited = 0; waited <= patience; waited += LOOK) {
        const answer = await store.answer(number)
        if (answer) return reply.code(answer.ok ? 200 : 409).send({ ok: answer.ok, text: answer.text })
        await sleep(LOOK)
      }
      return reply.code(504).send({ ok: false, text: 'taken down, but not carried out yet; see riposte status' })
    }

    const vote =
      (approve: boolean) =>
      async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
        const read = ANSWER.safeParse(request.body)
        if (!read.success) return refused(reply, problemsOf(read.error))
        const { by } = callerOf(request.headers.authorization)!
        const approval = await store.vote(read.data.question, by, approve, clock())
        if (approval) return { ok: true, text: approval.outcome ?? `${approval.votes.length} of ${approval.quorum}` }
        return reply.code(409).send({ ok: false, text: 'no open question of that id waits for this answer' })
      }

    const run = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const read = START.safeParse(request.body)
      if (!read.success) return refused(reply, problemsOf(read.error))
      try {
        await start(read.data)
        return { ok: true, text: `${read.data.playbook} is queued` }
      } catch (error) {
        if (error instanceof Failure) return reply.code(409).send({ ok: false, text: error.message })
        throw error
      }
    }

    const post = (
      verb: string,
      scope: CallbackScope,
      handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
    ): void => void app.post(`/api/callback/${verb}`, { bodyLimit: BODY_LIMIT, onRequest: admit(scope) }, handler)

    for (const [verb, { read }] of Object.entries(COMMANDS))
      post(verb, verb as CallbackScope, async (request, reply) => {
        const command = read(request.body)
        if ('kind' in command) return carriedOut(command, callerOf(request.headers.authorization)!, reply)
        return refused(reply, command)
      })
    post('approve', 'approve', vote(true))
    post('reject', 'approve', vote(false))
    post('run', 'run', run)
  }
