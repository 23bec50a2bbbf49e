import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  url: serverUrl().describe('Address of the instance: `https://shop.service-now.com`.'),
  user: z.string().min(1).describe('User name.'),
  password: secret().describe('Password.'),
  table: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/)
    .default('incident')
    .describe('Table: `incident`, or `sn_si_incident` of Security Operations.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
