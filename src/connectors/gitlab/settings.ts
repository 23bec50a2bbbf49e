import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  url: serverUrl().default('https://gitlab.com').describe('Address of GitLab.'),
  token: secret().describe('Project or personal access token with the scope api.'),
  project: z.string().min(1).describe('Where issues go: its number, or group/name.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
