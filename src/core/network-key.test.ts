import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCidr } from './ip.ts'
import { keyOf, keyOfText } from './network-key.ts'

test('reads dotted addresses exactly as the strict parser does', () => {
  const piece = fc.constantFrom(
    '0',
    '00',
    '1',
    '01',
    '9',
    '10',
    '99',
    '255',
    '256',
    '999',
    '',
    ' ',
    'a',
    '-1',
    '1e1',
    '١',
  )
  const odd = fc.oneof(
    fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('.')),
    fc.ipV4(),
    fc.string({ maxLength: 20 }),
  )
  fc.assert(
    fc.property(odd, (text) => {
      const read = keyOfText(text)
      const cidr = parseCidr(text)
      assert.deepEqual(read, cidr && keyOf(cidr))
    }),
    { numRuns: 2000 },
  )
})
