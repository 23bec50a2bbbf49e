import { z } from 'zod'
import { secret, signingSecret } from '../../kit/scalars.ts'
import { secretUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  url: secretUrl().describe('Where to post. Only its host is ever shown.'),
  token: secret().optional().describe('Sent as `Authorization: Bearer`.'),
  signing: signingSecret()
    .optional()
    .describe('Secret by which each message is signed after Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes.'),
  headers: z.record(z.string(), secret()).default({}).describe('More headers, e.g. the API key of the receiver.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
