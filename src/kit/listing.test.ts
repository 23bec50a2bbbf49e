import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { overlaps } from '../core/cidr-set.ts'
import { parseCidr } from '../core/ip.ts'
import { referenceOf } from '../core/reference.ts'
import { specialNetwork } from '../core/special-networks.ts'
import { delta, entry, hostileEntry, networkText, snapshot } from './entry.fixture.ts'
import { Listing } from './listing.ts'

test('the list follows snapshot and deltas, and tells what changed', () => {
  const list = new Listing(['ban'])
  const [a, b, c] = [entry('203.0.113.1'), entry('203.0.113.0/24'), entry('2001:db8:1:2::/64')]
  assert.deepEqual([...list.take(snapshot([a, b])).keys()], ['203.0.113.1', '203.0.113.0/24'])
  assert.deepEqual(
    [...list.take(delta([c], [a]))],
    [
      ['203.0.113.1', undefined],
      ['2001:db8:1:2::/64', referenceOf(c.id)],
    ],
  )
  list.take(delta([{ ...c, type: 'throttle' }]))
  assert.deepEqual([...list], [['203.0.113.0/24', referenceOf(b.id)]], 'what is no ban any more goes')
  assert.deepEqual([...list.take(delta([], [], ['203.0.113.77']))], [['203.0.113.0/24', undefined]])
  assert.equal(list.size, 0)
  list.take(delta([b]))
  assert.equal(list.size, 0, 'it still touches the allowlist')
})

test('only canonical values with well-formed references, nothing special, nothing allowlisted, whatever comes', () => {
  let listed = 0
  fc.assert(
    fc.property(
      fc.array(hostileEntry, { maxLength: 12 }),
      fc.array(hostileEntry, { maxLength: 12 }),
      fc.array(networkText, { maxLength: 3 }),
      fc.array(networkText, { maxLength: 3 }),
      (first, added, allow, later) => {
        const list = new Listing(['ban', 'throttle'])
        list.take(snapshot(first, allow))
        const difference = list.take(delta(added, first.slice(0, 3), later))
        for (const value of difference.keys()) assert.equal(parseCidr(value)?.text, value)
        for (const [value, reference] of list) {
          listed++
          const cidr = parseCidr(value)!
          assert.equal(cidr.text, value)
          assert.match(reference, /^R(-[0-9A-F]{4}){3}$/)
          assert.equal(specialNetwork(cidr), undefined)
          for (const text of later) assert.ok(!overlaps(cidr, parseCidr(text)!), `${value} and ${text}`)
        }
      },
    ),
    { numRuns: 300 },
  )
  assert.ok(listed > 300, 'the generator gets something onto the list')
})
