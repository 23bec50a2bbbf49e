/** The map in a real Apache with ModSecurity, asked as visitors and as the probe ask. */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { APACHE_PACKAGES, startApache } from '../../../test/real/apache.ts'
import { ensurePackages } from '../../../test/real/packages.ts'
import { snippet } from '../../../test/real/snippet.ts'
import { visit } from '../../../test/real/visit.ts'
import { createCidrSet } from '../../core/cidr-set.ts'
import { parseCidr } from '../../core/ip.ts'
import { referenceOf } from '../../core/reference.ts'
import { specialNetwork } from '../../core/special-networks.ts'
import { call, delta, entry, hostileEntry, networkText, snapshot } from '../../kit/entry.fixture.ts'
import type { Change, Entry, Sink, Standing } from '../../kit/sink.ts'
import { openMap } from './index.ts'
import { keysOf, networkOf } from './keys.ts'
import { settings } from './settings.ts'

const TOKEN = '0123456789abcdef0123456789abcdef'

const folder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-map-'))
  chmodSync(dir, 0o755)
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const site = async (t: TestContext, format: 'txt' | 'gdbm' = 'txt') => {
  if (!(await ensurePackages([...APACHE_PACKAGES, 'apache2-utils']))) {
    t.skip('Apache is not installed and cannot be')
    return undefined
  }
  const map = join(folder(t), 'banned')
  const doubts: string[] = []
  const open = (over: Record<string, unknown> = {}) =>
    openMap(settings.parse({ map, format, ...over }), { clock: Date.now, doubt: (why) => void doubts.push(why) })
  await open().sync(snapshot([]), call())
  const apache = await startApache({
    crs: false,
    rules: `SecRule ARGS:q "@contains attack" "id:4711,phase:2,deny,status:403,log,msg:'test'"`,
    audit: { engine: 'RelevantOnly' },
    modules: ['rewrite', 'headers', 'remoteip'],
    server: `RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n${snippet('apache.conf', {
      '=TOKEN': `=${TOKEN}`,
      'txt:/etc/apache2/riposte/banned.txt': `${format === 'txt' ? 'txt' : 'dbm=GDBM'}:${map}`,
    })}`,
  })
  t.after(() => apache.stop())
  const sink = open({ probe: { url: `${apache.url}/.riposte/standing`, token: TOKEN } })
  return { apache, map, sink, open, doubts, sync: (change: Change) => sink.sync(change, call()) }
}

for (const format of ['txt', 'gdbm'] as const)
  test(`banned addresses and networks are denied with the page, others pass, without a reload (${format})`, async (t) => {
    const place = await site(t, format)
    if (!place) return
    const { apache, sink, sync } = place
    const host = entry('203.0.113.7')
    const others = ['198.51.100.0/22', '2001:db8:1:2::/64', '2001:db8::7', '2001:db8:9::/48', '192.0.2.128/25'].map(
      (value) => entry(parseCidr(value)!.text),
    )
    for (const client of ['203.0.113.7', '203.0.113.8']) assert.equal((await visit(apache, client)).status, 200)
    await sync(snapshot([host, ...others]))
    const denied = await visit(apache, '203.0.113.7')
    assert.equal(denied.status, 403)
    assert.equal(denied.headers['x-riposte-reference'], referenceOf(host.id))
    assert.equal(denied.headers['cache-control'], 'no-store')
    assert.match(denied.body, new RegExp(`<code>${referenceOf(host.id)}</code>`))
    for (const client of ['198.51.103.200', '2001:db8:1:2:ffff::1', '2001:db8::7', '2001:db8:9:ffff::1', '192.0.2.200'])
      assert.equal((await visit(apache, client)).status, 403, client)
    for (const client of [
      '203.0.113.8',
      '198.51.104.1',
      '2001:db8:1:3::1',
      '2001:db8::8',
      '2001:db8:8::1',
      '192.0.2.7',
    ])
      assert.equal((await visit(apache, client)).status, 200, client)
    assert.deepEqual(new Set(await sink.verify([host, ...others], call())), new Set(['enforced']))
    assert.deepEqual(await sink.held!(call()), new Set([host, ...others].map(({ value }) => value)))

    // One right after the other: faster than the clock of the file system, and none may be taken for the one before.
    for (let i = 0; i < 5; i++) {
      await sync(delta([], [host]))
      assert.equal((await visit(apache, '203.0.113.7')).status, 200)
      await sync(delta([host]))
      assert.equal((await visit(apache, '203.0.113.7')).status, 403)
    }
    await sync(delta([], [host]))
    assert.deepEqual(await sink.verify([host, others[0]!], call()), ['absent', 'enforced'])
  })

test('every spelling of an IPv6 address finds its network', async (t) => {
  const place = await site(t)
  if (!place) return
  const { apache, sync } = place
  const nets = ['2001:db8:0:9', '2400:0:0:9', '2001:db8:0:0', '2600:0:3:0', '2600:0:0:0', '2600:1:0:4', '2600:1:2:0']
  const group = fc.constantFrom('0', '0', '1', 'ffff')
  await sync(snapshot(nets.map((net) => entry(networkOf(net)!))))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...nets), fc.tuple(group, group, group, group), async (net, host) => {
      const client = parseCidr(`${net}:${host.join(':')}`)!.text
      assert.equal((await visit(apache, client)).status, 403, client)
      const near = parseCidr(`2a00:${net.slice(5)}:${host.join(':')}`)!.text
      assert.equal((await visit(apache, near)).status, 200, near)
    }),
    { numRuns: 100 },
  )
})

test('ModSecurity logs its own denials as ever; the record of a denial of ours has no rule, and bears the reference', async (t) => {
  const place = await site(t)
  if (!place) return
  const { apache, sync } = place
  const host = entry('203.0.113.7')
  await sync(snapshot([host]))
  assert.equal((await visit(apache, '203.0.113.7')).status, 403)
  const attack = await visit(apache, '203.0.113.8', '/?q=attack', { 'x-riposte-reference': 'R-0000-0000-0000' })
  assert.deepEqual([attack.status, attack.headers['x-riposte-reference']], [403, undefined])
  assert.match(attack.body, /<code><\/code>/)
  // Apache writes its record after it has answered: the second worker may well be done with its own before the first.
  let lines: readonly string[] = []
  for (let i = 0; i < 200 && lines.length < 2; i++, await sleep(25))
    lines = readFileSync(apache.auditLog, 'utf8').split('\n').slice(0, -1)
  assert.equal(lines.length, 2)
  const records = lines.map((line) => JSON.parse(line) as Audited)
  const [ours] = records.filter(({ audit_data }) => audit_data.messages === undefined)
  const [theirs] = records.filter(({ audit_data }) => audit_data.messages !== undefined)
  assert.equal(ours?.response.headers['X-Riposte-Reference'], referenceOf(host.id))
  assert.match(theirs?.audit_data.messages?.[0] ?? '', /id "4711"/)
})

interface Audited {
  readonly response: { readonly headers: Readonly<Record<string, string>> }
  readonly audit_data: { readonly messages?: readonly string[] }
}

/** As the hub does: who does not answer is asked again. */
const answered = async (sink: Sink, entries: readonly Entry[]): Promise<readonly Standing[]> => {
  for (let i = 0; i < 400; i++, await sleep(50)) {
    const standings = await sink.verify(entries, call())
    if (!standings.includes('unknown')) return standings
  }
  return assert.fail('Apache does not answer')
}

test('edited and deleted: found, and repaired', async (t) => {
  const place = await site(t)
  if (!place) return
  const { map, sink, sync, doubts } = place
  const [one, net] = [entry('203.0.113.7'), entry('198.51.100.0/23')]
  await sync(snapshot([one, net]))
  assert.deepEqual(await answered(sink, [one, net]), ['enforced', 'enforced'])
  writeFileSync(map, readFileSync(map, 'utf8').replace(/^198\.51\.101 .*\n/m, '192.0.2 R-0000-0000-0000\n'))
  assert.deepEqual(await sink.held!(call()), new Set(['203.0.113.7', '192.0.2.0/24']))
  assert.deepEqual(doubts, [])
  writeFileSync(map, 'every body\nall of them\n')
  assert.deepEqual(await sink.held!(call()), new Set())
  assert.match(doubts.join(), /not ours/)
  assert.deepEqual(await answered(sink, [one]), ['absent'])
  rmSync(map)
  assert.deepEqual(await sink.held!(call()), new Set())
  await sync(delta([one]))
  assert.deepEqual(await answered(sink, [one, net]), ['enforced', 'enforced'])
})

test('keys lead back to what they were made of; what would be too many is withheld', (t) => {
  fc.assert(
    fc.property(networkText, (text) => {
      const cidr = parseCidr(text)!
      const keys = keysOf(cidr)
      if (!keys) return assert.ok(cidr.text.includes(':'))
      const parts = createCidrSet(keys.map((key) => parseCidr(networkOf(key)!)!))
      assert.equal(parts.size, keys.length)
      for (const key of keys) assert.ok(createCidrSet([cidr]).touching(parseCidr(networkOf(key)!)!))
      const bits = Math.min(...keys.map((key) => parseCidr(networkOf(key)!)!.bits))
      assert.equal(keys.length, 2 ** (bits - cidr.bits), 'all of it')
    }),
  )
  const sink = openMap(settings.parse({ map: join(folder(t), 'map') }), { clock: Date.now, doubt() {} })
  assert.equal(sink.withholds!(entry('203.0.0.0/9')), undefined)
  assert.equal(sink.withholds!(entry('2001:db8::/56')), undefined)
  for (const value of ['2001:db8::/50', '2001:db8::/96', '2000::/16'])
    assert.match(sink.withholds!(entry(value))!, /too many keys/)
})

test('hostile entries break nothing, and nothing that is special or allowlisted is in the map', async (t) => {
  const map = join(folder(t), 'map')
  let seen = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(hostileEntry, { maxLength: 15 }),
      fc.array(networkText, { maxLength: 2 }),
      async (entries, allow) => {
        const sink = openMap(settings.parse({ map }), { clock: () => 0, doubt: (why) => assert.fail(why) })
        const before = statSync(map, { throwIfNoEntry: false })?.mtimeMs ?? 0
        await sink.sync(snapshot(entries, allow), call())
        assert.ok(statSync(map).mtimeMs > before, 'however the clock goes, each map is newer than the last')
        const spared = createCidrSet(allow.map((text) => parseCidr(text)!))
        for (const line of readFileSync(map, 'utf8').split('\n')) {
          if (line === '' || line.startsWith('#')) continue
          seen++
          assert.match(line, /^[0-9a-f.:]+ R-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$/)
          const network = parseCidr(networkOf(line.split(' ')[0]!)!)!
          assert.equal(specialNetwork(network), undefined)
          assert.equal(spared.touching(network), undefined)
        }
        await sink.held!(call())
      },
    ),
    { numRuns: 80 },
  )
  assert.ok(seen > 80)
})

test('what keeps it from its work is said', async (t) => {
  const dir = folder(t)
  const fails = async (config: Record<string, unknown>, code: string, words: RegExp) => {
    const sink = openMap(settings.parse(config), { clock: Date.now, doubt() {} })
    await assert.rejects(
      sink.sync(snapshot([entry('203.0.113.7')]), call()),
      (error: Error & { code: string; remedy: string }) => {
        assert.equal(error.code, code)
        assert.match(`${error.message} ${error.remedy}`, words)
        return true
      },
    )
  }
  await fails({ map: join(dir, 'none', 'map') }, 'FILE_NOT_WRITTEN', /Create its folder/)
  await fails({ map: join(dir, 'map'), format: 'gdbm', httxt2dbm: join(dir, 'none') }, 'APACHE_MAP', /apache2-utils/)
  await fails({ map: join(dir, 'map'), format: 'gdbm', httxt2dbm: '/bin/false' }, 'APACHE_MAP', /made no map/)
  const blind = openMap(settings.parse({ map: join(dir, 'map') }), { clock: Date.now, doubt() {} })
  assert.deepEqual(await blind.verify([entry('203.0.113.7')], call()), ['unknown'])
})
