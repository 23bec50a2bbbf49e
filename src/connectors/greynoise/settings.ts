import { z } from 'zod'
import { cacheSettings } from '../../kit/reputation.ts'
import { secret } from '../../kit/scalars.ts'
import { serverUrl } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  key: secret().optional().describe('API key; the community service answers a few questions without.'),
  url: serverUrl().default('https://api.greynoise.io').describe('Address of the service.'),
  ...cacheSettings(50),
})

export type Settings = z.output<typeof settings>
