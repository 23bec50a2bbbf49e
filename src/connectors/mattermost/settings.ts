import { z } from 'zod'
import { secretUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  webhook: secretUrl().describe('Address of an incoming webhook.'),
  channel: z.string().min(1).optional().describe('Another channel than that of the webhook, where it may choose.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
