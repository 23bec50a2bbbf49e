import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  url: serverUrl().describe('Address of the HTTP Event Collector, usually with port 8088.'),
  token: secret().describe('Token of the collector.'),
  index: z.string().min(1).optional().describe('Index; that of the token unless given.'),
  channel: z
    .uuid()
    .optional()
    .describe(
      'A UUID of your choice, where the token has indexer acknowledgement on: then each batch is asked after until it is indexed.',
    ),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
