/**
 * `/approve/…`: answers from chats and mails. In: a signed link. Out: the question; a vote once a button is pressed.
 * Promised: looking changes nothing, so previews of links, virus scanners and crawlers may look; a link votes once.
 */
import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Millis } from '../../core/time.ts'
import { APPROVAL_PATH, type ApprovalLinks, type Voice } from '../../kit/approval-links.ts'
import type { Approval, Outbox } from '../../kit/store.ts'
import { approvalPage, PAGE_STYLE, type Standing } from './page.ts'

export interface ApprovalOptions {
  readonly links: Pick<ApprovalLinks, 'voiceOf'>
  readonly store: Pick<Outbox, 'approvals' | 'vote'>
  readonly clock: () => Millis
}

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  // The address is the credential: nobody else is told of it.
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${hash('sha256', PAGE_STYLE, 'base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
}
const STATUS: Readonly<Record<Standing, number>> = {
  ...{ open: 200, answered: 200, approved: 200, rejected: 200, expired: 410, unknown: 404 },
}

const voterOf = ({ person }: Voice): string => (person === undefined ? 'link' : `link:${person}`)

export const approvalRoutes =
  ({ links, store, clock }: ApprovalOptions) =>
  (app: FastifyInstance): void => {
    interface Params {
      readonly question: string
      readonly person: string
      readonly signature: string
    }

    const show = (reply: FastifyReply, standing: Standing, approval?: Approval, voice?: Voice): FastifyReply =>
      reply
        .code(STATUS[standing])
        .headers(HEADERS)
        .send(approvalPage(standing, approval, voice?.person))

    const found = async (request: FastifyRequest) => {
      const { question, person, signature } = request.params as Params
      const voice = links.voiceOf(question, person, signature)
      const [approval] = voice ? await store.approvals({ id: question, limit: 1 }) : []
      return voice && approval ? { voice, approval } : undefined
    }

    const standingOf = (approval: Approval, voice: Voice): Standing => {
      if (approval.outcome) return approval.outcome
      if (approval.expiresAt <= clock()) return 'expired'
      return approval.votes.some(({ by }) => by === voterOf(voice)) ? 'answered' : 'open'
    }

    const look = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const one = await found(request)
      if (!one) return show(reply, 'unknown')
      return show(reply, standingOf(one.approval, one.voice), one.approval, one.voice)
    }

    const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const one = await found(request)
      if (!one) return show(reply, 'unknown')
      const said = new URLSearchParams(String(request.body)).get('answer')
      if (said === 'approve' || said === 'reject')
        await store.vote(one.approval.id, voterOf(one.voice), said === 'approve', clock())
      return look(request, reply)
    }

    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 1024 },
      (_request, body, done) => done(null, body),
    )
    const url = `${APPROVAL_PATH}/:question/:person/:signature`
    app.get(url, look)
    app.post(url, { bodyLimit: 1024 }, answer)
  }
