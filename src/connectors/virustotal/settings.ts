import { z } from 'zod'
import { cacheSettings } from '../../kit/reputation.ts'
import { secret } from '../../kit/scalars.ts'
import { serverUrl } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  key: secret().describe('Your API key. The terms of the free one forbid its use in a business.'),
  url: serverUrl().default('https://www.virustotal.com').describe('Address of the service.'),
  ...cacheSettings(500),
})

export type Settings = z.output<typeof settings>
