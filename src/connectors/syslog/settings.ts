import { z } from 'zod'
import { endpoint, path } from '../../kit/scalars.ts'

export const settings = z.strictObject({
  server: endpoint().describe('Address and port of the receiver.'),
  over: z.enum(['udp', 'tcp', 'tls']).default('tcp').describe('How: UDP loses without a word, TLS is private.'),
  ca: path().optional().describe("File (PEM) with the authorities that are trusted instead of the system's; TLS only."),
  facility: z.int().min(0).max(23).default(13).describe('Syslog facility; 13 is "log audit".'),
  host: z
    .string()
    .regex(/^[!-~]{1,255}$/)
    .default('riposte')
    .describe('Host named in the lines.'),
})

export type Settings = z.output<typeof settings>
