import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  url: serverUrl().describe('Address of QRadar SOAR (Resilient).'),
  keyId: z.string().min(1).describe('Id of an API key account.'),
  key: secret().describe('Its secret.'),
  organisation: z
    .int()
    .min(1)
    .describe('Number of the organisation (`riposte connectors test` names those of the key).'),
  types: z
    .array(z.union([z.int(), z.string()]))
    .default(['System Intrusion'])
    .describe('Incident types, by id or name.'),
  keyField: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/)
    .optional()
    .describe('A text field of your incidents that keeps our id, so that none is created twice.'),
  tls: tlsSettings(),
})

export type Settings = z.output<typeof settings>
