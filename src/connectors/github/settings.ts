import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  url: serverUrl()
    .default('https://api.github.com')
    .describe('Address of the API; of your own server `https://HOST/api/v3`.'),
  token: secret().describe('Fine-grained token for the repository.'),
  repository: z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+$/, 'write owner/name')
    .describe('Where issues go: owner/name. Let it be a private one.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
