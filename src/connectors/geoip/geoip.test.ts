import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { testSelfDescription } from '../../../test/contracts/action-connector.ts'
import { callOf } from '../../../test/contracts/call.ts'
import { Failure } from '../../core/failure.ts'
import { MINUTE } from '../../core/time.ts'
import geoip from './index.ts'
import { type MmdbOptions, mmdb } from './mmdb.fixture.ts'
import { settings } from './settings.ts'

testSelfDescription(geoip)

const BUILT = Date.parse('2026-11-03T00:00:00Z') / 1000
const berlin = {
  city: { names: { en: 'Berlin', de: 'Berlin' } },
  country: { iso_code: 'DE', names: { en: 'Germany' } },
}
const CITY: MmdbOptions = {
  type: 'GeoLite2-City',
  built: BUILT,
  networks: { '203.0.113.0/24': berlin, '2001:db8:1::/48': { country: { iso_code: 'FR' } } },
}
const ASN: MmdbOptions = {
  type: 'GeoLite2-ASN',
  built: BUILT,
  networks: {
    '203.0.112.0/22': { autonomous_system_number: 64_500, autonomous_system_organization: 'Example Net' },
    '198.51.100.0/24': {
      autonomous_system_number: 64_501,
      autonomous_system_organization: 'a\r\nb\u202e'.repeat(400_000),
    },
  },
}

const scene = (t: TestContext, files: { readonly city?: Buffer; readonly asn?: Buffer }) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-geoip-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const put = (name: 'city' | 'asn', bytes: Buffer | string): string => {
    const path = join(dir, `${name}.mmdb`)
    writeFileSync(`${path}.new`, bytes)
    renameSync(`${path}.new`, path)
    return path
  }
  const paths = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, put(name as 'city', bytes)]))
  const session = geoip.connect(settings.parse(paths), { name: 'geoip', clock: Date.now })
  let now = 0
  const warned: string[] = []
  const call = () => ({
    ...callOf(),
    clock: () => now,
    log: { debug() {}, info() {}, error() {}, warn: (_facts: object, text: string) => void warned.push(text) },
  })
  return {
    put,
    warned,
    locate: (address: string) => geoip.actions['locate']!.run({ address }, session, call()),
    probe: () => geoip.probe(session, call()),
    pass(millis: number) {
      now += millis
    },
  }
}

test('country, city and network of IPv4 and IPv6 addresses, each where it is known', async (t) => {
  const { locate, probe } = scene(t, { city: mmdb(CITY), asn: mmdb(ASN) })
  assert.deepEqual(await locate('203.0.113.7'), {
    ...{ known: true, country: 'DE', city: 'Berlin', asn: 64_500, network: 'Example Net' },
    text: 'AS64500 Example Net, Berlin, DE',
  })
  assert.deepEqual(await locate('203.0.112.7'), {
    ...{ known: true, asn: 64_500, network: 'Example Net', text: 'AS64500 Example Net' },
  })
  assert.deepEqual(await locate('2001:db8:1::7'), { known: true, country: 'FR', text: 'FR' })
  for (const address of ['192.0.2.1', '10.0.0.1', '2001:db8:2::1', '::1'])
    assert.deepEqual(await locate(address), { known: false, text: 'not in the databases' }, address)
  assert.equal(await probe(), 'GeoLite2-City of 2026-11-03, GeoLite2-ASN of 2026-11-03')
})

test('one database is enough', async (t) => {
  const one = scene(t, { city: mmdb(CITY) })
  assert.deepEqual(await one.locate('203.0.113.7'), { known: true, country: 'DE', city: 'Berlin', text: 'Berlin, DE' })
  assert.ok(!settings.safeParse({}).success)
})

test('names in a database are foreign text: one line, of a bounded length', async (t) => {
  const { locate } = scene(t, { asn: mmdb(ASN) })
  const { network, text } = (await locate('198.51.100.7')) as { network: string; text: string }
  assert.equal(network.length, 100)
  assert.doesNotMatch(text, /[\r\n\u202e]/)
})

test('a replaced file is taken up within a minute; a broken one does not take its place', async (t) => {
  const { locate, put, pass, warned, probe } = scene(t, { city: mmdb(CITY) })
  const country = async () => ((await locate('203.0.113.7')) as { country?: string }).country
  assert.equal(await country(), 'DE')
  put('city', mmdb({ ...CITY, built: BUILT + 86_400, networks: { '203.0.113.0/24': { country: { iso_code: 'AT' } } } }))
  assert.equal(await country(), 'DE', 'not looked at for every address')
  pass(MINUTE)
  assert.equal(await country(), 'AT')
  assert.equal(await probe(), 'GeoLite2-City of 2026-11-04')
  put('city', 'no database')
  pass(MINUTE)
  assert.equal(await country(), 'AT')
  assert.equal(warned.length, 1)
})

test('a file that is missing or none is named, with what to do', async (t) => {
  const broken = scene(t, { asn: Buffer.from('no database') })
  for (const work of [broken.probe, () => broken.locate('203.0.113.7')])
    await assert.rejects(work, (error: Failure) => {
      assert.equal(error.code, 'GEOIP_FILE')
      assert.match(error.message, /asn\.mmdb \(it is no MaxMind database\)/)
      assert.match(error.remedy!, /geoipupdate/)
      return error instanceof Failure
    })
  const session = geoip.connect(settings.parse({ city: '/no/such.mmdb' }), { name: 'geoip', clock: Date.now })
  await assert.rejects(geoip.probe(session, callOf()), /cannot read \/no\/such\.mmdb \(ENOENT\)/)
})
