import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inCidr, parseCidr } from './ip.ts'
import { keyOfText, newKey } from './network-key.ts'
import { NetworkTable } from './network-table.ts'

/** Few distinct parts, so that networks nest, repeat and collide. */
const octet = fc.constantFrom(0, 1, 128, 203, 255)
const v4 = fc
  .tuple(octet, octet, octet, octet, fc.integer({ min: 0, max: 32 }))
  .map(([a, b, c, d, bits]) => parseCidr(`${a}.${b}.${c}.${d}/${bits}`)!.text)
const v6 = fc
  .tuple(
    fc.array(fc.constantFrom('0', '1', '8000', 'ffff', '2001'), { minLength: 8, maxLength: 8 }),
    fc.integer({ min: 0, max: 128 }),
  )
  .map(([words, bits]) => parseCidr(`${words.join(':')}/${bits}`))
  // IPv4-mapped text is folded to IPv4 by the parser, so such a network has two spellings there, and one here.
  .filter((cidr) => cidr !== undefined && !(cidr.text.startsWith('::ffff') || cidr.text.startsWith('::/')))
  .map((cidr) => cidr!.text)
const network = fc.oneof(v4, v6)
const step = fc.record({ kind: fc.constantFrom('add', 'add', 'remove'), text: network })

test('holds what a set of texts holds, through growth and removal', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const table = new NetworkTable()
      const model = new Set<string>()
      for (const { kind, text } of steps) {
        const key = keyOfText(text)!
        if (kind === 'add') {
          assert.equal(table.text(table.insert(key)), text)
          model.add(text)
        } else {
          const row = table.find(key)
          assert.equal(row >= 0, model.delete(text))
          if (row >= 0) table.remove(row)
        }
      }
      assert.deepEqual([...table.rows()].map((row) => table.text(row)).sort(), [...model].sort())
      assert.equal(table.size, model.size)
      for (const text of model) {
        const row = table.find(keyOfText(text)!)
        assert.deepEqual(table.key(row, newKey()), keyOfText(text))
      }
    }),
    { numRuns: 300 },
  )
})

test('finds the longest network around an address', () => {
  fc.assert(
    fc.property(fc.array(network, { maxLength: 40 }), network, (texts, asked) => {
      const table = new NetworkTable()
      for (const text of texts) table.insert(keyOfText(text)!)
      const cidr = parseCidr(asked)!
      const around = texts
        .map((text) => parseCidr(text)!)
        .filter((c) => c.bits <= cidr.bits && inCidr(cidr.address, c))
        .sort((a, b) => b.bits - a.bits)[0]
      const row = table.longest(keyOfText(asked)!)
      assert.equal(row < 0 ? undefined : table.text(row), around?.text)
    }),
    { numRuns: 1000 },
  )
})

test('an IPv4 address lies in no IPv6 network, though its words do', () => {
  const table = new NetworkTable()
  for (const text of ['::/0', '::/8']) table.insert(keyOfText(text)!)
  assert.equal(table.longest(keyOfText('192.0.2.7')!), -1)
  assert.equal(table.text(table.longest(keyOfText('::1')!)), '::/8')
  assert.equal(table.text(table.longest(keyOfText('2001:db8::1')!)), '::/0')
})

test('tells owners of columns when it grows, and keeps rows in place', () => {
  let capacity = 0
  const onGrow = (rows: number) => {
    capacity = rows
  }
  const table = new NetworkTable({ onGrow })
  const rows = new Map<string, number>()
  for (let i = 0; i < 50_000; i++) {
    const text = `203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
    const row = table.insert(keyOfText(text)!)
    assert.ok(row < capacity)
    rows.set(text, row)
  }
  for (const [text, row] of rows) assert.equal(table.find(keyOfText(text)!), row)
})
