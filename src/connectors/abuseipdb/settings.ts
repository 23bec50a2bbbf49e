import { z } from 'zod'
import { cacheSettings } from '../../kit/reputation.ts'
import { secret } from '../../kit/scalars.ts'
import { serverUrl } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  key: secret().describe('API key.'),
  url: serverUrl().default('https://api.abuseipdb.com').describe('Address of the service.'),
  ...cacheSettings(1000),
})

export type Settings = z.output<typeof settings>
