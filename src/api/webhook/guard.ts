/** Who may post: by bearer token, or by a signature after Standard Webhooks, which no eavesdropper can play back. */
import { timingSafeEqual } from 'node:crypto'
import { MINUTE, type Millis, SECOND } from '../../core/time.ts'
import type { Secret } from '../../kit/secret.ts'
import { signatureOf, signingKey } from '../../kit/standard-webhooks.ts'

export interface WebhookKeys {
  readonly token?: Secret | undefined
  readonly signing?: Secret | undefined
}

/** What the head of a request says. */
export interface Presented {
  readonly authorization: string | undefined
  readonly id: string | undefined
  readonly timestamp: string | undefined
  readonly signature: string | undefined
}

/** `known` is a message with the token, `signed` one that is signed and new, `again` one that is signed and was here before. */
export type Verdict = 'known' | 'signed' | 'again' | 'stranger'

export interface Guard {
  /** Whether it is worth reading the body. */
  mayKnock(presented: Presented): boolean
  judge(presented: Presented, body: Buffer): Verdict
  /** What this signed message brought is kept: from now on it is one that comes again. */
  remember(presented: Presented): void
}

/** How far the clocks of the two may differ, and how long an id is remembered (Standard Webhooks 1.0.0). */
const TOLERANCE: Millis = 5 * MINUTE
const MOST_IDS = 100_000

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

export const createGuard = (keys: () => WebhookKeys, clock: () => Millis): Guard => {
  const seen = new Map<string, Millis>()

  const hasToken = ({ authorization }: Presented): boolean => {
    const { token } = keys()
    const bearer = /^Bearer (.+)$/.exec(authorization ?? '')?.[1]
    return token !== undefined && bearer !== undefined && same(bearer, token.reveal())
  }

  const isInTime = ({ timestamp }: Presented): boolean =>
    /^\d{1,12}$/.test(timestamp ?? '') && Math.abs(clock() - Number(timestamp) * SECOND) <= TOLERANCE

  const isSigned = (presented: Presented, body: Buffer): boolean => {
    const { id, timestamp, signature } = presented
    const { signing } = keys()
    if (!signing || id === undefined || timestamp === undefined || signature === undefined) return false
    if (!isInTime(presented)) return false
    const right = signatureOf(signingKey(signing), id, timestamp, body)
    // Several, so that a key can be changed.
    return signature.split(' ').some((one) => same(one, right))
  }

  return {
    mayKnock: (presented) =>
      hasToken(presented) ||
      (keys().signing !== undefined &&
        presented.id !== undefined &&
        presented.signature !== undefined &&
        isInTime(presented)),
    judge(presented, body) {
      if (isSigned(presented, body)) return seen.has(presented.id!) ? 'again' : 'signed'
      return hasToken(presented) ? 'known' : 'stranger'
    },
    remember({ id }) {
      const now = clock()
      for (const [old, at] of seen) {
        if (now - at < 2 * TOLERANCE && seen.size < MOST_IDS) break
        seen.delete(old)
      }
      if (id !== undefined) seen.set(id, now)
    },
  }
}
