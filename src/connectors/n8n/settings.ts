import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { secretUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  webhook: secretUrl()
    .refine((url) => !url.reveal().includes('/webhook-test/'), {
      error: 'this is the test address, which lives for two minutes; take the production address of the webhook node',
    })
    .describe('Production address of the webhook node: `https://HOST/webhook/<path>`.'),
  headers: z
    .record(z.string(), secret())
    .default({})
    .describe('Header by which the node tells us, e.g. of header auth.'),
  tls: tlsSettings(),
})
