import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z
  .strictObject({
    url: serverUrl().describe('Address of Jira: `https://shop.atlassian.net`, or of your own server.'),
    kind: z
      .enum(['cloud', 'server'])
      .default('cloud')
      .describe('Jira Cloud (API 3), or Server and Data Center (API 2).'),
    user: z.string().min(1).optional().describe('Mail address of the account; Cloud only.'),
    token: secret().describe('API token (Cloud) or personal access token (Server).'),
    project: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{1,30}$/, 'a project key is upper case letters, digits and underscores')
      .describe('Key of the project.'),
    type: z.string().min(1).default('Task').describe('Issue type.'),
    tls: tlsSettings(),
  })
  .refine(({ kind, user }) => (kind === 'cloud') === (user !== undefined), {
    error: 'user belongs to Jira Cloud, and is needed there',
  })

export type Settings = z.output<typeof settings>
