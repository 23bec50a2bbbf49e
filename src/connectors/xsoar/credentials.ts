/** Headers by which a request is signed in (docs-cortex.paloaltonetworks.com, Cortex XSOAR 8 API, "Get started"). */
import { createHash, randomBytes } from 'node:crypto'
import type { Millis } from '../../core/time.ts'
import { Secret } from '../../kit/secret.ts'
import type { Settings } from './settings.ts'

type Headers = Readonly<Record<string, string | Secret>>

export const signedIn = ({ version, key, keyId, advanced }: Settings, now: Millis): Headers => {
  if (version === 6) return { authorization: key }
  const id = { 'x-xdr-auth-id': keyId! }
  if (!advanced) return { authorization: key, ...id }
  const nonce = randomBytes(32).toString('hex')
  const digest = createHash('sha256').update(`${key.reveal()}${nonce}${now}`).digest('hex')
  return {
    authorization: new Secret(digest, '<secret>', [key]),
    ...id,
    'x-xdr-nonce': nonce,
    'x-xdr-timestamp': String(now),
  }
}
