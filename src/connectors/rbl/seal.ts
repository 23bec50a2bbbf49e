/** Answers to signed questions, signed (RFC 8945 §5.3): a secondary with a key believes no other. */
import type { Millis } from '../../core/time.ts'
import { signMessage, TSIG_ERROR, type TsigKey, verifyMessage } from '../../dns/tsig.ts'
import { HEADER, nameToWire, RCODE, skipName } from '../../dns/wire.ts'

/** `answer` as it has to leave. A signature that is wrong gets the question back, and what is wrong with it. */
export const seal = (message: Buffer, answer: Buffer, keys: readonly TsigKey[], now: Millis): Buffer => {
  const verified = verifyMessage(message, keys, { now })
  if (verified.kind === 'unsigned') return answer
  if (verified.kind === 'ok') return signMessage(answer, verified.key, { now, requestMac: verified.mac }).message
  const questionEnd = skipName(message, HEADER, message.length) + 4
  const refusal = Buffer.from(message.subarray(0, questionEnd))
  refusal[2] = 0x80 | (message[2]! & 0x79)
  refusal[3] = RCODE.NOTAUTH
  refusal.fill(0, 6, 12)
  const { keyName, error } = verified
  const known = keys.find(({ name }) => name === keyName)
  // Only a clock that is wrong gets a MAC: its owner has the key.
  if (error === TSIG_ERROR.BADTIME && known && verified.mac)
    return signMessage(refusal, known, { now, requestMac: verified.mac, error }).message
  if (nameToWire(keyName) === undefined) return refusal
  return signMessage(refusal, { name: keyName, algorithm: 'hmac-sha256', secret: Buffer.alloc(0) }, { now, error })
    .message
}

/** A transfer's messages, each signed with the one before it in its signature; unsigned when `mac` is undefined. */
export function* sealEach(
  messages: Iterable<Buffer>,
  key: TsigKey | undefined,
  mac: Buffer | undefined,
  now: () => Millis,
): IterableIterator<Buffer> {
  let requestMac = mac
  let timersOnly = false
  for (const message of messages) {
    if (!key || !requestMac) {
      yield message
      continue
    }
    const signed = signMessage(message, key, { now: now(), requestMac, timersOnly })
    requestMac = signed.mac
    timersOnly = true
    yield signed.message
  }
}
