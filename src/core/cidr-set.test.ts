import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCidrSet, overlaps } from './cidr-set.ts'
import { parseCidr } from './ip.ts'

/** Few distinct octets, so that networks nest and meet. */
const octet = fc.constantFrom(0, 1, 127, 128, 192, 255)
const v4 = fc
  .tuple(fc.array(octet, { minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 32 }))
  .map(([o, bits]) => parseCidr(`${o.join('.')}/${bits}`)!)
const v6 = fc
  .tuple(
    fc.array(fc.constantFrom('0', '1', 'ff', 'fe80', '2001'), { minLength: 8, maxLength: 8 }),
    fc.integer({ min: 0, max: 128 }),
  )
  .map(([h, bits]) => parseCidr(`${h.join(':')}/${bits}`))
  .filter((c) => c !== undefined)
const network = fc.oneof(v4, v6)

test('finds a member that touches exactly when one does, as a scan of all members would', () => {
  let hits = 0
  fc.assert(
    fc.property(fc.array(network, { maxLength: 12 }), network, (members, asked) => {
      const found = createCidrSet(members).touching(asked)
      const expected = members.some((m) => overlaps(m, asked))
      assert.equal(found !== undefined, expected)
      if (found) {
        hits++
        assert.ok(overlaps(found, asked))
      }
    }),
    { numRuns: 1500 },
  )
  assert.ok(hits > 150, `only ${hits} hits`)
})
