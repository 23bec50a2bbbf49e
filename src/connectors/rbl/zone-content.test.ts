import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { keyOfText, newKey } from '../../core/network-table.ts'
import { writeReverse } from '../../dns/reverse-name.ts'
import { IndexTable } from './index-table.ts'
import { zoneContent } from './zone-content.ts'

const NOW = 1_800_000_000
const indexOf = (networks: readonly string[]): IndexTable => {
  const index = new IndexTable()
  for (const [n, text] of networks.entries())
    index.put(keyOfText(text)!, { type: 3, code: n, until: NOW + 60, high: n, low: 0 })
  return index
}

/** The zone as a name server has it: owner name, labels joined by dots, to code. */
const zoneOf = (index: IndexTable): Map<string, number> => {
  const zone = new Map<string, number>()
  const out = Buffer.alloc(256)
  for (const { key, row } of zoneContent(index, 1 << 3, NOW)) {
    const name = text(out.subarray(0, writeReverse(out, 0, key)))
    assert.ok(!zone.has(name), `${name} comes twice`)
    zone.set(name, index.code(row))
  }
  return zone
}

const text = (wire: Buffer): string => {
  const labels: string[] = []
  for (let at = 0; at < wire.length; at += wire[at]! + 1)
    labels.push(wire.toString('latin1', at + 1, at + 1 + wire[at]!))
  return labels.join('.')
}

/** Asks the zone as RFC 1034 §4.3.2 and RFC 4592 have it: the name, or the wildcard at the closest name that exists. */
const ask = (zone: ReadonlyMap<string, number>, name: string): number | undefined => {
  const exists = new Set<string>([''])
  for (const owner of zone.keys())
    for (let rest = owner; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '')
      exists.add(rest)
  if (exists.has(name)) return zone.get(name)
  let encloser = name
  while (!exists.has(encloser)) encloser = encloser.includes('.') ? encloser.slice(encloser.indexOf('.') + 1) : ''
  return zone.get(encloser === '' ? '*' : `*.${encloser}`)
}

const few = (most: number) => fc.integer({ min: 0, max: most })
const v4 = fc.tuple(few(1), few(3), few(255)).map(([b, c, d]) => `203.${b}.${c}.${d}`)
const v6 = fc.tuple(few(3), few(3), few(255)).map(([a, b, c]) => `2001:db8:${a}:${b}00::${c.toString(16)}`)
const network = fc.oneof(
  fc.tuple(v4, fc.integer({ min: 8, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`),
  fc.tuple(v6, fc.integer({ min: 28, max: 128 })).map(([ip, bits]) => `${ip}/${bits}`),
)

test('a name server with the zone answers as the index does', () => {
  let hits = 0
  fc.assert(
    fc.property(
      fc.array(network, { minLength: 1, maxLength: 8 }),
      fc.array(fc.oneof(v4, v6), { minLength: 10, maxLength: 10 }),
      (networks, asked) => {
        const index = indexOf(networks)
        const zone = zoneOf(index)
        const out = Buffer.alloc(256)
        for (const ip of asked) {
          const key = keyOfText(ip, newKey())!
          const row = index.find(key, 1 << 3, NOW)
          const name = text(out.subarray(0, writeReverse(out, 0, key)))
          if (row >= 0) hits++
          assert.equal(ask(zone, name), row < 0 ? undefined : index.code(row), `${ip} in ${networks}`)
        }
      },
    ),
    { numRuns: 500 },
  )
  assert.ok(hits > 500, `${hits} hits`)
})

test('what has ended is not written out', () => {
  const index = indexOf(['203.0.113.7'])
  assert.equal([...zoneContent(index, 1 << 3, NOW + 60)].length, 0)
  assert.equal([...zoneContent(index, 1 << 0, NOW)].length, 0)
})
