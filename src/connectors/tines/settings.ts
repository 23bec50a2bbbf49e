import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { secretUrl } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  webhook: secretUrl().describe('Address of the webhook action: `https://TENANT/webhook/<path>/<secret>`.'),
  key: secret().optional().describe('API key, where the action asks for one.'),
})
