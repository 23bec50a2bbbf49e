import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  url: serverUrl().describe('Address of Cortex.'),
  key: secret().describe('API key of a user that may run analyzers.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
