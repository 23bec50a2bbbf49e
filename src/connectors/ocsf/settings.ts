import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { secretUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  url: secretUrl().describe('Where to post. Only its host is ever shown.'),
  token: secret().optional().describe('Sent as `Authorization: Bearer`.'),
  headers: z.record(z.string(), secret()).default({}).describe('More headers, e.g. the API key of the receiver.'),
  body: z
    .enum(['lines', 'array'])
    .default('lines')
    .describe('`lines`: one JSON object per line; `array`: one JSON array.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
