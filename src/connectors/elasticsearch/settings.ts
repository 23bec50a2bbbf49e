import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl, tlsSettings } from '../../kit/target-settings.ts'

const index = (name: string) =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,100}$/, 'an index is lower case letters, digits, dots, dashes and underscores')
    .default(name)

export const settings = z
  .strictObject({
    url: serverUrl().describe('Address of Elasticsearch or OpenSearch.'),
    kibana: serverUrl().optional().describe('Address of Kibana, for detection rules.'),
    key: secret().optional().describe('API key, as `id:secret` in base64.'),
    user: z.string().min(1).optional().describe('User name, instead of a key.'),
    password: secret().optional().describe('Its password.'),
    events: index('logs-riposte.event-default').describe('Index or data stream for events.'),
    incidents: index('riposte-incidents').describe('Index for incidents; each is one document that is updated.'),
    tls: tlsSettings(),
  })
  .refine(({ key, user }) => (key === undefined) !== (user === undefined), {
    error: 'give either key, or user and password',
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    error: 'user and password go together',
  })

export type Settings = z.output<typeof settings>
