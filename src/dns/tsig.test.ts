import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode } from 'dns-packet'
import fc from 'fast-check'
import { signMessage, TSIG_ERROR, type TsigKey, verifyMessage } from './tsig.ts'

const key: TsigKey = { name: 'Transfer.example', algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 7) }
const now = 1_800_000_000_000
const query = encode({ type: 'query', id: 77, questions: [{ type: 'SOA', name: 'bl.example.net' }] })

test('what was signed is found good, and comes back as it was', () => {
  const { message, mac } = signMessage(query, key, { now })
  const told = verifyMessage(message, [key], { now: now + 299_000 })
  assert.ok(told.kind === 'ok')
  assert.deepEqual(told.message, query)
  assert.deepEqual(told.mac, mac)
  const answer = signMessage(query, key, { now, requestMac: mac }).message
  assert.equal(verifyMessage(answer, [key], { now, requestMac: mac }).kind, 'ok')
  assert.equal(verifyMessage(answer, [key], { now }).kind, 'bad', 'an answer belongs to its question')
})

test('says what is wrong', () => {
  const { message } = signMessage(query, key, { now })
  const error = (keys: readonly TsigKey[], at = now) => {
    const told = verifyMessage(message, keys, { now: at })
    return told.kind === 'bad' ? told.error : told.kind
  }
  assert.equal(error([]), TSIG_ERROR.BADKEY)
  assert.equal(error([{ ...key, algorithm: 'hmac-sha512' }]), TSIG_ERROR.BADKEY)
  assert.equal(error([{ ...key, secret: Buffer.alloc(32, 8) }]), TSIG_ERROR.BADSIG)
  assert.equal(error([key], now + 301_000), TSIG_ERROR.BADTIME)
  assert.equal(verifyMessage(query, [key], { now }).kind, 'unsigned')
})

test('no changed byte passes, and none makes the check throw', () => {
  const { message } = signMessage(query, key, { now })
  fc.assert(
    fc.property(fc.nat(message.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = Buffer.from(message)
      changed[at] = changed[at]! ^ by
      const told = verifyMessage(changed, [key], { now })
      // The key's and the algorithm's names are compared and signed in lower case; id is signed as the original id.
      if (told.kind === 'ok') assert.ok(by === 32 || at < 2, `byte ${at} changed by ${by}`)
    }),
    { numRuns: 3000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(message.length), (bytes, cut) => {
      verifyMessage(Buffer.from(bytes), [key], { now })
      verifyMessage(Buffer.concat([message.subarray(0, cut), bytes]), [key], { now })
    }),
    { numRuns: 3000 },
  )
})
