/** Data files that a real rbldnsd loads and answers from. */
import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { ensurePackages } from '../../../test/real/packages.ts'
import { RBLDNSD_PACKAGES, rbldnsdPlace } from '../../../test/real/rbldnsd.ts'
import { createCidrSet } from '../../core/cidr-set.ts'
import { parseCidr } from '../../core/ip.ts'
import { referenceOf } from '../../core/reference.ts'
import { specialNetwork } from '../../core/special-networks.ts'
import { ListTable } from '../../dns/list-table.ts'
import { dataLines } from '../../dns/rbldnsd-text.ts'
import { reverseName } from '../../dns/reverse-name.ts'
import { ask } from '../../kit/dns-client.ts'
import { call, delta, entry, hostileEntry, networkText, snapshot } from '../../kit/entry.fixture.ts'
import type { Entry } from '../../kit/sink.ts'
import rbldnsd, { openData } from './index.ts'
import { settings } from './settings.ts'

const ZONE = 'bl.riposte.test'

const site = async (t: TestContext, over: Record<string, unknown> = {}) => {
  if (!(await ensurePackages([...RBLDNSD_PACKAGES]))) {
    t.skip('rbldnsd is not installed and cannot be')
    return undefined
  }
  const place = await rbldnsdPlace(ZONE)
  t.after(() => place.remove())
  const { ip4, ip6, pidFile, port } = place
  const doubts: string[] = []
  const warnings: string[] = []
  const log = { debug() {}, info() {}, warn: (_: object, text: string) => void warnings.push(text), error() {} }
  const config = (more: Record<string, unknown> = {}) =>
    settings.parse({
      ...{ zone: ZONE, ip4, ip6, pidFile, server: `127.0.0.1:${port}`, minInterval: '10ms', ...over },
      ...more,
    })
  const open = (more: Record<string, unknown> = {}) => {
    const sink = openData(config(more), { clock: Date.now, doubt: (why) => void doubts.push(why), log })
    t.after(() => sink.close())
    return sink
  }
  // It will not start without its files: the first ones are written without anybody to load them.
  const first = openData(settings.parse({ zone: ZONE, ip4, ip6 }), { clock: Date.now, doubt() {}, log })
  await first.sync(snapshot([]), call())
  await first.close()
  const texts = async (...addresses: string[]) => {
    const names = addresses.map((ip) => `${reverseName(ip, parseCidr(ip)!.address.toByteArray())}.${ZONE}`)
    const told = await ask({ host: '127.0.0.1', port }, names, { type: 'TXT' })
    return told.map((answer) => (answer ? (answer.texts[0] ?? 'open') : 'silent'))
  }
  return { ...place, config, open, doubts, texts }
}

test('rbldnsd answers from what was written, told by SIGHUP; narrower entries win; what ends is open again', async (t) => {
  const place = await site(t)
  if (!place) return
  const server = await place.up()
  t.after(() => server.stop())
  await rbldnsd.probe!(place.config())
  const sink = place.open()
  const one = entry('203.0.113.7', { attackClass: 'rce' })
  const wide = entry('203.0.113.0/24')
  const six = entry('2001:db8:1:2::/64')
  await sink.sync(snapshot([one, wide, six]), call())
  assert.deepEqual(await sink.verify([one, wide, six], call()), ['enforced', 'enforced', 'enforced'])
  assert.deepEqual(await place.texts('203.0.113.7', '203.0.113.9', '2001:db8:1:2::77', '203.0.112.1'), [
    referenceOf(one.id),
    referenceOf(wide.id),
    referenceOf(six.id),
    'open',
  ])
  // Changes of one second and one size: each must be seen.
  for (const host of ['203.0.112.1', '203.0.112.2', '203.0.112.3']) {
    const next = entry(host)
    await sink.sync(delta([next]), call())
    assert.deepEqual(await sink.verify([next], call()), ['enforced'])
    await sink.sync(delta([], [next]), call())
    assert.deepEqual(await sink.verify([next], call()), ['absent'])
  }
  await sink.sync(delta([], [], ['203.0.113.200']), call())
  assert.deepEqual(await place.texts('203.0.113.200', '203.0.113.7'), ['open', referenceOf(one.id)])
  assert.deepEqual(await sink.held!(call()), new Set([one.value, six.value]))
  assert.deepEqual(place.doubts, [])
})

test('it finds by itself what was written without a pid file', async (t) => {
  const place = await site(t)
  if (!place) return
  const server = await place.up(1)
  t.after(() => server.stop())
  const one = entry('203.0.113.7')
  const sink = place.open({ pidFile: undefined, slack: '20s' })
  assert.equal(sink.slack, 20_010, 'it may take that long without being told of')
  await sink.sync(snapshot([one]), call())
  assert.deepEqual(await place.texts('203.0.113.7'), [referenceOf(one.id)])
})

test('files edited by others, a killed server and one that answers from old files are found', async (t) => {
  const place = await site(t)
  if (!place) return
  let server = await place.up()
  t.after(() => server.stop())
  const sink = place.open()
  const [one, two] = [entry('203.0.113.7'), entry('203.0.113.8')]
  await sink.sync(snapshot([one, two]), call())
  const whole = readFileSync(place.ip4, 'latin1')
  writeFileSync(place.ip4, whole.replace(/^203\.0\.113\.8.*\n/m, ''))
  appendFileSync(place.ip4, '198.51.100.1 :127.0.0.2:not ours\n')
  assert.deepEqual(await sink.held!(call()), new Set([one.value]))
  assert.deepEqual(place.doubts.splice(0), ['its data files hold what is not ours'])

  await server.stop()
  await assert.rejects(sink.sync(snapshot([one]), call()), { code: 'RBLDNSD_NOT_RUNNING', retry: 'backoff' })
  server = await place.up()
  await sink.sync(snapshot([one]), call())
  assert.deepEqual(await place.texts('203.0.113.7', '203.0.113.8'), [referenceOf(one.id), 'open'])

  writeFileSync(place.ip4, whole)
  server.signal('SIGHUP')
  for (let i = 0; i < 100 && place.doubts.length === 0; i++) await sink.held!(call())
  assert.deepEqual([...new Set(place.doubts)], ['rbldnsd answers from other files'])
})

test('with a dead-man switch it answers nothing once Riposte has been silent so long, and goes on while it lives', async (t) => {
  const place = await site(t, { slack: '1s' })
  if (!place) return
  const server = await place.up(1)
  t.after(() => server.stop())
  const one = entry('203.0.113.7')
  const sink = place.open({ validFor: '3s' })
  await sink.sync(snapshot([one]), call())
  const until = Date.now() + 5000
  while (Date.now() < until) {
    assert.deepEqual(await place.texts('203.0.113.7'), [referenceOf(one.id)])
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  await sink.close()
  for (let i = 0; i < 100; i++) {
    const [told] = await place.texts('203.0.113.7')
    if (told === 'open' || told === 'silent') return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.fail('it goes on for ever')
})

test('whatever the entries say, the lines read back to exactly what may be listed', () => {
  const LINE = /^([0-9a-f:.]+(?:\/\d+)?) :127\.0\.0\.(\d+):(R-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4})$/
  fc.assert(
    fc.property(
      fc.array(hostileEntry, { maxLength: 20 }),
      fc.array(networkText, { maxLength: 3 }),
      (entries, allow) => {
        const table = new ListTable(['ban'])
        const spared = createCidrSet(allow.map((text) => parseCidr(text)!))
        table.spare(allow.map((text) => parseCidr(text)!))
        const wanted = new Map<string, string>()
        const may = ({ value, id, type }: Entry): boolean => {
          const cidr = parseCidr(value)
          const isPlain = cidr?.text === value && /^d-[0-9a-f]{24}$/.test(id) && type === 'ban'
          return isPlain && specialNetwork(cidr) === undefined && spared.touching(cidr) === undefined
        }
        for (const one of entries) {
          table.put(one)
          if (may(one)) wanted.set(one.value, referenceOf(one.id))
          else if (one.type !== 'ban') wanted.delete(one.value)
        }
        const read = new Map<string, string>()
        for (const family of ['ip4', 'ip6'] as const)
          for (const line of dataLines(table, family, 60)) {
            assert.doesNotMatch(line, /[\n\r]/)
            const [, value, , reference] = LINE.exec(line) ?? []
            if (value === undefined)
              assert.match(line, /^(?:# |\$TTL 60$|(?:127\.0\.0\.2|::ffff:7f00:2) :127\.0\.0\.2:$)/)
            else read.set(value, reference!)
          }
        assert.deepEqual(new Map([...read].sort()), new Map([...wanted].sort()))
      },
    ),
  )
})
