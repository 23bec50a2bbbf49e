/** Signatures after Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md). */
import { createHmac } from 'node:crypto'
import { Failure } from '../../core/failure.ts'
import { type Millis, SECOND } from '../../core/time.ts'
import type { Secret } from '../../kit/secret.ts'

/** The key's bytes. Throws the Failure `WEBHOOK_SIGNING` when the text is no such secret. */
export const signingKey = (secret: Secret): Buffer => {
  const base64 = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(secret.reveal())?.[1]
  const key = Buffer.from(base64 ?? '', 'base64')
  if (key.length < 24 || key.length > 64)
    throw new Failure('WEBHOOK_SIGNING', 'signing: is no secret of Standard Webhooks', {
      remedy: 'Make one with: echo whsec_$(openssl rand -base64 32)',
    })
  return key
}

/** The three headers of one attempt at message `id`. */
export const signatureHeaders = (
  key: Buffer,
  id: string,
  now: Millis,
  body: string,
): Readonly<Record<string, string>> => {
  const timestamp = String(Math.floor(now / SECOND))
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
