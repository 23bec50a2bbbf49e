/** A key that signs DNS messages (RFC 8945), as a configuration gives it. */
import { z } from 'zod'
import { domainName, secret } from './scalars.ts'

export const tsigKey = () =>
  z.strictObject({
    name: domainName().describe('Name of the TSIG key.'),
    algorithm: z.enum(['hmac-sha256', 'hmac-sha512']).default('hmac-sha256').describe('Algorithm of the key.'),
    secret: secret()
      .refine(
        (key) => Buffer.from(key.reveal(), 'base64').length >= 16,
        'a TSIG key is base64 of 16 bytes or more, such as tsig-keygen makes',
      )
      .describe('The key, base64.'),
  })
