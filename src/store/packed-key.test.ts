import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nastyText } from '../../test/contracts/store-hostile.ts'
import { canonicalIp } from '../core/ip.ts'
import { packId, packIp, unpackId } from './packed-key.ts'

test('an id comes back as it was, and only the ids that the parser derives take 12 bytes', () => {
  const derived = fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 24, maxLength: 24 })
    .map((digits) => `e-${digits.join('')}`)
  const nearly = fc
    .tuple(derived, fc.nat(25), fc.constantFrom('', 'F', 'g', '/', ':', '`', ' ', '\u0101', '\u0000'))
    .map(([id, at, text]) => id.slice(0, at) + text + id.slice(at + 1))
  fc.assert(
    fc.property(fc.oneof(derived, nearly, nastyText), (id) => {
      assert.equal(unpackId(packId(id)), id)
      assert.equal(packId(id).length === 12, /^e-[0-9a-f]{24}$/.test(id))
    }),
    { numRuns: 2000 },
  )
})

test('an address takes 4 or 16 bytes exactly when its text is canonical', () => {
  const number = fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '00', '01', '1 ', '+1', '0x1', '1e1', '\n'))
  const dotted = fc.array(number, { minLength: 1, maxLength: 5 }).map((numbers) => numbers.join('.'))
  fc.assert(
    fc.property(fc.oneof(dotted, fc.ipV4(), fc.ipV6(), nastyText), (ip) => {
      const bytes = packIp(ip)
      const canonical = canonicalIp(ip) === ip
      const family = ip.includes(':') ? 16 : 4
      assert.equal(bytes.length, canonical ? family : Math.max(17, bytes.length))
      if (canonical && family === 4) assert.equal(bytes.join('.'), ip)
    }),
    { numRuns: 2000 },
  )
})
