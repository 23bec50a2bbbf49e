import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  url: serverUrl().describe('Address of TheHive.'),
  key: secret().describe('API key of a user of the organisation.'),
  organisation: z.string().min(1).optional().describe('The organisation, where the user belongs to several.'),
  template: z.string().min(1).optional().describe('Case template for alerts that become cases.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
