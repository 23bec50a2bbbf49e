/** What an answer means: an answer to go on with, or a Failure that says whether waiting helps. */
import { Failure } from '../core/failure.ts'
import { MINUTE, type Millis, SECOND } from '../core/time.ts'
import type { HttpAnswer } from './http.ts'

/** Nobody is waited for longer; what is asked for beyond that is tried at this time. */
const LONGEST_WAIT: Millis = 60 * MINUTE
const EXCERPT = 200

/** `Retry-After`: seconds or a date (RFC 9110, 10.2.3). */
export const retryAfter = (value: string | undefined, now: Millis): Millis | undefined => {
  if (value === undefined) return undefined
  const wait = /^\d{1,9}$/.test(value.trim()) ? Number(value) * SECOND : Date.parse(value) - now
  return Number.isFinite(wait) ? Math.min(LONGEST_WAIT, Math.max(0, wait)) : undefined
}

interface Judgement {
  readonly code: string
  readonly retry: Failure['retry']
  readonly remedy: string
}

const judge = (status: number, wait: Millis | undefined): Judgement => {
  const later: Failure['retry'] = wait === undefined ? 'backoff' : { after: wait }
  if (status >= 300 && status < 400)
    return {
      code: 'HTTP_REDIRECT',
      retry: 'never',
      remedy: 'Configure the address to which it redirects: redirects are not followed.',
    }
  if (status === 401 || status === 403)
    return {
      code: 'HTTP_AUTH',
      retry: 'never',
      remedy: 'Check the key or token of this connector and what it may do there.',
    }
  if (status === 404)
    return { code: 'HTTP_NOT_FOUND', retry: 'never', remedy: 'Check the url of this connector, and the names given.' }
  if (status === 410)
    return { code: 'HTTP_GONE', retry: 'never', remedy: 'The receiver was removed there; remove it here, or renew it.' }
  if (status === 408 || status === 425 || status === 429)
    return { code: 'HTTP_BUSY', retry: later, remedy: 'Its limit is reached; lower limit.perMinute of this connector.' }
  if (status >= 500) return { code: 'HTTP_SERVER', retry: later, remedy: 'Look into the log of that server.' }
  return {
    code: 'HTTP_REFUSED',
    retry: 'never',
    remedy: 'See what it says; riposte connectors test shows the request.',
  }
}

const excerpt = (text: string): string => {
  const line = text
    .replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
    .trim()
    .slice(0, EXCERPT)
  return line === '' ? '' : `: ${line}`
}

export interface AnswerFacts {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** Method and address, for messages. */
  readonly where: string
  readonly now: Millis
  /** Removes secrets that the server repeated. */
  blot(text: string): string
}

export const answerOf = ({ status, headers, text, where, now, blot }: AnswerFacts): HttpAnswer => {
  const header = (name: string): string | undefined => {
    const value = headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  return {
    status,
    text,
    header,
    json() {
      try {
        return JSON.parse(text)
      } catch (cause) {
        throw new Failure('HTTP_NOT_JSON', `${where} answered ${status} with something else than JSON`, {
          retry: 'backoff',
          remedy: 'Check the url of this connector: another server, or a login page, answers there.',
          cause,
        })
      }
    },
    failure() {
      const { code, retry, remedy } = judge(status, retryAfter(header('retry-after'), now))
      return new Failure(code, `${where} answered ${status}${excerpt(blot(text))}`, { retry, remedy })
    },
  }
}

/** The answer, or the Failure that its status means. */
export const judged = (answer: HttpAnswer, expected: readonly number[]): HttpAnswer => {
  const { status } = answer
  if ((status >= 200 && status < 300) || expected.includes(status)) return answer
  throw answer.failure()
}
