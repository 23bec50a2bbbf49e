import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { secretUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  webhook: secretUrl().describe('Address of the trigger: `https://HOST/api/v1/hooks/webhook_<uuid>`.'),
  headers: z
    .record(z.string(), secret())
    .default({})
    .describe('Headers by which the trigger tells us, as configured on it.'),
  tls: tlsSettings(),
})
