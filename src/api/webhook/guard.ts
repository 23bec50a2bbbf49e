/** Who may post: by bearer token, or by a signature after Standard Webhooks, which no eavesdropper can play back. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { MINUTE, type Millis, SECOND } from '../../core/time.ts'
import type { Secret } from '../../kit/secret.ts'

export interface WebhookKeys {
  readonly token?: Secret | undefined
  readonly signing?: Secret | undefined
}

export interface Presented {
  readonly authorization: string | undefined
  readonly id: string | undefined
  readonly timestamp: string | undefined
  readonly signature: string | undefined
  readonly body: Buffer
}

/** How far the clocks of the two may differ, and how long an id is remembered (Standard Webhooks 1.0.0). */
const TOLERANCE: Millis = 5 * MINUTE
const MOST_IDS = 100_000

export type Verdict = 'welcome' | 'again' | 'stranger'

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

export const createGuard = (keys: () => WebhookKeys, clock: () => Millis) => {
  const seen = new Map<string, Millis>()

  const isNew = (id: string, now: Millis): boolean => {
    for (const [old, at] of seen) {
      if (now - at < 2 * TOLERANCE && seen.size <= MOST_IDS) break
      seen.delete(old)
    }
    if (seen.has(id)) return false
    seen.set(id, now)
    return true
  }

  const isSigned = (signing: Secret, { id, timestamp, signature, body }: Presented, now: Millis): boolean => {
    if (id === undefined || timestamp === undefined || signature === undefined) return false
    if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp) * SECOND) > TOLERANCE) return false
    const key = Buffer.from(signing.reveal().replace(/^whsec_/, ''), 'base64')
    const right = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')
    // Several, so that a key can be changed.
    return signature.split(' ').some((one) => same(one, `v1,${right}`))
  }

  return (presented: Presented): Verdict => {
    const { token, signing } = keys()
    const now = clock()
    if (signing && isSigned(signing, presented, now)) return isNew(presented.id!, now) ? 'welcome' : 'again'
    const bearer = /^Bearer (.+)$/.exec(presented.authorization ?? '')?.[1]
    return token && bearer !== undefined && same(bearer, token.reveal()) ? 'welcome' : 'stranger'
  }
}
