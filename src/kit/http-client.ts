/**
 * Carries requests out. In: target and request. Out: an answer, or a Failure that says whether waiting helps.
 * Promised: ends with its signal; reads at most a megabyte; follows no redirect; never names a secret, not even one that
 * the server repeats.
 */
import type { Agent } from 'undici'
import { Failure } from '../core/failure.ts'
import { type Millis, SECOND } from '../core/time.ts'
import type { Http, Tls } from './http.ts'
import { type AnswerFacts, answerOf, judged } from './http-answer.ts'
import { blotting, forPeople, type HttpMessage, onTheWire } from './http-message.ts'

const MOST_BYTES = 1024 * 1024
const CONNECT: Millis = 10 * SECOND

/** Connections are kept per TLS identity: one connector's certificate is never shown to another's server. */
const agents = new WeakMap<Tls, Agent>()
const PLAIN: Tls = {}

/** Loaded with the first request: most commands make none, and it takes as long to load as they take to run. */
const library = () => import('undici')

const agentFor = async (tls: Tls = PLAIN): Promise<Agent> => {
  const { Agent: PooledAgent } = await library()
  const known = agents.get(tls)
  if (known) return known
  const { ca, cert, key } = tls
  const agent = new PooledAgent({
    connect: {
      timeout: CONNECT,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key: key.reveal() }),
    },
  })
  agents.set(tls, agent)
  return agent
}

/** `signal` ends every request of this client. */
export const httpClient =
  (signal: AbortSignal, clock: () => Millis = Date.now): Http =>
  async (target, request) => {
    const message = onTheWire(target, request)
    const where = placeOf(forPeople(target, request))
    const got = await exchange(message, where, await agentFor(target.tls), signal)
    const answer = answerOf({ ...got, where, now: clock(), blot: blotting(target, request) })
    return judged(answer, request.expect ?? [])
  }

/** Method and address without its query, where people put what is nobody's business. */
const placeOf = ({ method, url }: HttpMessage): string => `${method} ${url.replace(/\?.*$/s, '')}`

const exchange = async (
  { method, url, headers, body }: HttpMessage,
  where: string,
  dispatcher: Agent,
  signal: AbortSignal,
): Promise<Pick<AnswerFacts, 'status' | 'headers' | 'text'>> => {
  const { request: send } = await library()
  try {
    const answer = await send(url, {
      method: method as 'GET',
      headers,
      ...(body === undefined ? {} : { body }),
      dispatcher,
      signal,
    })
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > MOST_BYTES) throw tooLarge(where)
      chunks.push(chunk)
    }
    return { status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString('utf8') }
  } catch (error) {
    throw error instanceof Failure ? error : brokenOff(error as NodeJS.ErrnoException, where, signal)
  }
}

const tooLarge = (where: string): Failure =>
  new Failure('HTTP_TOO_LARGE', `${where} answered with more than ${MOST_BYTES} bytes`, {
    remedy: 'Check the url of this connector.',
  })

/** Messages of the transport may quote what was sent; its codes do not. */
const brokenOff = (error: NodeJS.ErrnoException, where: string, signal: AbortSignal): Failure => {
  const code = error.code ?? error.name
  if (signal.aborted || /TIMEOUT/.test(code))
    return new Failure('HTTP_TIMEOUT', `${where} did not answer in time`, {
      retry: 'backoff',
      remedy: 'Check that the server runs and can be reached, or raise timeout of this connector.',
    })
  return new Failure('HTTP_UNREACHABLE', `${where} cannot be reached (${code})`, {
    retry: 'backoff',
    remedy: /CERT|TLS|SSL|SELF_SIGNED|ALTNAME/.test(code)
      ? 'Its certificate is not trusted: name its authority in tls.ca of this connector.'
      : 'Check the url of this connector, the network, and that the server runs.',
  })
}
