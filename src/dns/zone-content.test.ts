import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCidr } from '../core/ip.ts'
import { keyOfText } from '../core/network-key.ts'
import { nameOfKey, networkOfName } from './list-name.ts'
import { type ListRecord, listRecords, reachOf, testRecords, zoneWithholds } from './list-records.ts'
import { ListTable } from './list-table.ts'

const NOW = 1_800_000_000_000
const LASTING = { ttl: 60, now: NOW }

let ids = 0
const listable = (value: string) =>
  ({
    id: `d-${(++ids).toString(16).padStart(12, '0')}${'0'.repeat(12)}`,
    value,
    type: 'ban',
    attackClass: 'sqli',
    until: NOW + 3_600_000,
  }) as const

const tableOf = (networks: readonly string[]): ListTable => {
  const table = new ListTable(['ban'])
  for (const text of networks) table.put(listable(parseCidr(text)!.text))
  return table
}

/** The zone as a name server has it: owner name, labels joined by dots, to reference. */
const zoneOf = (records: Iterable<ListRecord>): Map<string, string> => {
  const zone = new Map<string, string>()
  for (const { name, reference } of records) {
    assert.ok(!zone.has(name), `${name} comes twice`)
    zone.set(name, reference!)
  }
  return zone
}

/** Asks the zone as RFC 1034 §4.3.2 and RFC 4592 have it: the name, or the wildcard at the closest name that exists. */
const ask = (zone: ReadonlyMap<string, string>, name: string): string | undefined => {
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
const digits = fc.constantFrom(0, 4, 5, 9, 10, 77)
const v4 = fc.oneof(
  fc.tuple(few(1), few(3), few(255)).map(([b, c, d]) => `203.${b}.${c}.${d}`),
  fc.tuple(fc.constantFrom(2, 3, 24), digits, digits, digits).map((octets) => octets.join('.')),
)
const v6 = fc.oneof(
  fc.tuple(few(3), few(3), few(255)).map(([a, b, c]) => `2001:db8:${a}:${b}00::${c.toString(16)}`),
  fc.tuple(fc.constantFrom('2400', '2450', '2455', '3459', '24a0'), few(3)).map(([a, b]) => `${a}:${b}::7`),
)
const network = fc
  .oneof(
    fc.tuple(v4, fc.integer({ min: 8, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`),
    fc.tuple(v6, fc.integer({ min: 12, max: 128 })).map(([ip, bits]) => `${ip}/${bits}`),
  )
  .filter((text) => zoneWithholds(parseCidr(text)!.text) === undefined)

test('a name server with the zone answers as the list does, each family for itself', () => {
  let hits = 0
  fc.assert(
    fc.property(
      fc.array(network, { minLength: 1, maxLength: 8 }),
      fc.array(fc.oneof(v4, v6), { minLength: 10, maxLength: 10 }),
      (networks, asked) => {
        const table = tableOf(networks)
        const zone = zoneOf(listRecords(table, LASTING))
        for (const ip of asked) {
          const key = keyOfText(ip)!
          const row = table.find(key)
          if (row >= 0) hits++
          assert.equal(
            ask(zone, nameOfKey(key)),
            row < 0 ? undefined : table.reference(row),
            `${ip} in ${networks.join(' ')}`,
          )
        }
      },
    ),
    { numRuns: 1000 },
  )
  assert.ok(hits > 500, `${hits} hits`)
})

test('what changes within the reach of a change is all that changes', () => {
  fc.assert(
    fc.property(
      fc.array(network, { maxLength: 8 }),
      fc.array(network, { maxLength: 3 }),
      fc.array(few(7), { maxLength: 3 }),
      (networks, added, gone) => {
        const table = tableOf(networks)
        const removed = gone.flatMap((i) => (networks[i] === undefined ? [] : [parseCidr(networks[i]!)!.text]))
        const values = [...removed, ...added.map((text) => parseCidr(text)!.text)]
        const zone = zoneOf(listRecords(table, LASTING))
        const reach = reachOf(table, values)
        for (const { name } of listRecords(table, LASTING, [...reach(table)])) zone.delete(name)
        for (const value of removed) table.remove(value)
        for (const value of values.slice(removed.length)) table.put(listable(value))
        for (const { name, reference } of listRecords(table, LASTING, [...reach(table)])) zone.set(name, reference!)
        assert.deepEqual(zone, zoneOf(listRecords(table, LASTING)))
      },
    ),
    { numRuns: 1000 },
  )
})

test('names lead back to their networks', () => {
  fc.assert(
    fc.property(network, (text) => {
      const table = tableOf([text])
      for (const { name } of listRecords(table, LASTING)) {
        const found = parseCidr(networkOfName(name)!)!
        assert.equal(table.find(keyOfText(found.text)!), 0, name)
      }
    }),
  )
  assert.equal(networkOfName(testRecords(60)[0]!.name), '127.0.0.2')
  for (const name of ['ns', '*', '_riposte', '1.2.3', '256.1.1.1', 'a.b.c.d', '1.1.1.1.1', '*.1.1.1.1.g', '01.1.1.1'])
    assert.equal(networkOfName(name), undefined, name)
})

test('what a zone cannot hold is named', () => {
  assert.match(zoneWithholds('2.4.0.0/16')!, /2806 names/)
  assert.match(zoneWithholds('2400::/12')!, /cover IPv4/)
  for (const value of [
    '2.4.5.0/24',
    '2.40.0.0/16',
    '203.0.0.0/8',
    '203.0.0.0/9',
    '2400::/16',
    '2400::/13',
    '5.4.0.0/16',
  ])
    assert.equal(zoneWithholds(value), undefined, value)
})
