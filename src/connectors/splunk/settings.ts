import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

const name = () => z.string().regex(/^[\w.-]+$/)

export const settings = z.strictObject({
  url: serverUrl().describe('Address of the management port, usually 8089.'),
  token: secret().describe('Authentication token.'),
  owner: name().default('nobody').describe('Owner of new searches.'),
  app: name().default('search').describe('App in which they live.'),
  index: z
    .string()
    .regex(/^(?:\*|[\w.-]+)$/)
    .default('*')
    .describe('Index in which they look.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
