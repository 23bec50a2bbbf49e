import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  url: serverUrl().describe('Address of StackStorm.'),
  key: secret().describe('API key.'),
  hook: z
    .string()
    .regex(/^[\w./-]+$/)
    .describe('Name of the webhook that a rule has registered.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
