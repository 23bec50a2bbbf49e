import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

export const settings = z
  .strictObject({
    url: serverUrl().describe('Address of XSOAR; of version 8 the API address, `https://api-<tenant>`.'),
    version: z
      .union([z.literal(6), z.literal(8)])
      .default(8)
      .describe('The dialect.'),
    key: secret().describe('API key.'),
    keyId: z.string().min(1).optional().describe('Its id; version 8 only.'),
    advanced: z
      .boolean()
      .default(false)
      .describe('Whether the key is an advanced one, by which every request is signed.'),
    type: z.string().min(1).default('Unclassified').describe('Incident type; it decides which playbook starts there.'),
    tls: tlsSettings(),
  })
  .refine(({ version, keyId }) => (version === 8) === (keyId !== undefined), {
    error: 'keyId belongs to version 8, and is needed there',
  })
  .refine(({ version, advanced }) => version === 8 || !advanced, { error: 'advanced keys are of version 8' })

export type Settings = z.output<typeof settings>
