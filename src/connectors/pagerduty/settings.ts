import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  key: secret().describe('Integration key of a service (Events API v2).'),
  url: serverUrl()
    .default('https://events.pagerduty.com')
    .describe('Address of the service; `https://events.eu.pagerduty.com` for Europe.'),
})
