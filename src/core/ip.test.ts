import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalIp, inCidr, parseAddress, parseCidr, subjectOf } from './ip.ts'

test('one address has one text', () => {
  assert.equal(canonicalIp('::ffff:192.0.2.7'), '192.0.2.7')
  assert.equal(canonicalIp('2001:DB8:0:0::1'), '2001:db8::1')
  assert.equal(canonicalIp('fe80::1%eth0'), 'fe80::1')
  assert.equal(canonicalIp('192.0.2.7'), '192.0.2.7')
})

test('what other readers would take for another address is refused', () => {
  for (const text of [
    '',
    '192.0.2',
    '192.0.2.256',
    '0300.0.2.7',
    '192.0.2.07',
    '0x7f.1',
    '3221225991',
    '192.0.2.7:80',
    '[::1]',
    '::1::',
    'localhost',
    `${':'.repeat(70)}`,
  ])
    assert.equal(canonicalIp(text), undefined, text)
})

test('canonical text is a fixed point', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const once = canonicalIp(text)
      assert.ok(once !== undefined)
      assert.equal(canonicalIp(once), once)
    }),
  )
})

test('a network clears its host bits and holds exactly its addresses', () => {
  assert.equal(parseCidr('192.0.2.77/24')?.text, '192.0.2.0/24')
  assert.equal(parseCidr('2001:db8::beef/32')?.text, '2001:db8::/32')
  assert.equal(parseCidr('192.0.2.1')?.text, '192.0.2.1')
  assert.equal(parseCidr('0.0.0.0/0')?.text, '0.0.0.0/0')
  for (const bad of ['192.0.2.0/33', '192.0.2.0/-1', '192.0.2.0/', '192.0.2.0/1x', '/24', '2001:db8::/129'])
    assert.equal(parseCidr(bad), undefined, bad)
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (ip, bits) =>
      inCidr(parseAddress(ip)!, parseCidr(`${ip}/${bits}`)!),
    ),
  )
  assert.equal(inCidr(parseAddress('192.0.3.0')!, parseCidr('192.0.2.0/24')!), false)
  assert.equal(inCidr(parseAddress('::1')!, parseCidr('0.0.0.0/0')!), false)
})

test('IPv6 clients are counted by their /64', () => {
  assert.deepEqual(subjectOf('2001:db8:1:2:3:4:5:6'), { scope: 'Range', value: '2001:db8:1:2::/64' })
  assert.deepEqual(subjectOf('192.0.2.7'), { scope: 'Ip', value: '192.0.2.7' })
})
