import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  key: secret().describe('API key of an integration.'),
  url: serverUrl()
    .default('https://api.opsgenie.com')
    .describe('Address of the service; `https://api.eu.opsgenie.com` for Europe.'),
  team: z.string().min(1).optional().describe('Team that is told.'),
})

export type Settings = z.output<typeof settings>
