/** Signatures after Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md). */
import { createHmac } from 'node:crypto'
import { Failure } from '../core/failure.ts'
import { type Millis, SECOND } from '../core/time.ts'
import type { Secret } from './secret.ts'

const keyOf = (text: string): Buffer | undefined => {
  const key = Buffer.from(/^whsec_([A-Za-z0-9+/]+=*)$/.exec(text)?.[1] ?? '', 'base64')
  return key.length >= 24 && key.length <= 64 ? key : undefined
}

export const isSigningSecret = (text: string): boolean => keyOf(text) !== undefined

export const NO_SIGNING_SECRET = {
  message: 'is no secret of Standard Webhooks: whsec_ and base64 of 24 to 64 bytes',
  remedy: 'Make one with: echo whsec_$(openssl rand -base64 32)',
}

/** The key's bytes. Throws the Failure `WEBHOOK_SIGNING` when the text is no such secret. */
export const signingKey = (secret: Secret): Buffer => {
  const key = keyOf(secret.reveal())
  if (!key)
    throw new Failure('WEBHOOK_SIGNING', `signing: ${NO_SIGNING_SECRET.message}`, { remedy: NO_SIGNING_SECRET.remedy })
  return key
}

/** One signature of message `id`, sent at `timestamp` (seconds since 1970). */
export const signatureOf = (key: Buffer, id: string, timestamp: string, body: string | Buffer): string =>
  `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`

/** The three headers of one attempt at message `id`. */
export const signatureHeaders = (
  key: Buffer,
  id: string,
  now: Millis,
  body: string,
): Readonly<Record<string, string>> => {
  const timestamp = String(Math.floor(now / SECOND))
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatureOf(key, id, timestamp, body),
  }
}
