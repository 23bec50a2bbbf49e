import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  url: serverUrl().describe('Address of Splunk SOAR.'),
  token: secret().describe('Token of an automation user (`ph-auth-token`).'),
  label: z.string().min(1).default('events').describe('Label of new containers; it must exist there.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
