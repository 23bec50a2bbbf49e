/** The maps of a real HAProxy, asked as visitors ask. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { HAPROXY_PACKAGES, startHaproxy } from '../../../test/real/haproxy.ts'
import { ensurePackages } from '../../../test/real/packages.ts'
import { visit } from '../../../test/real/visit.ts'
import { referenceOf } from '../../core/reference.ts'
import { call, delta, entry, hostileEntry, networkText, snapshot } from '../../kit/entry.fixture.ts'
import type { Change } from '../../kit/sink.ts'
import { openMaps } from './index.ts'
import { settings } from './settings.ts'

const site = async (t: TestContext) => {
  if (!(await ensurePackages(HAPROXY_PACKAGES))) {
    t.skip('HAProxy is not installed and cannot be')
    return undefined
  }
  const haproxy = await startHaproxy()
  t.after(() => haproxy.stop())
  const doubts: string[] = []
  const { socket, map, throttleMap } = haproxy
  const sink = openMaps(settings.parse({ socket, map, throttleMap }), { doubt: (why) => void doubts.push(why) })
  return { haproxy, sink, doubts, sync: (change: Change) => sink.sync(change, call()) }
}

/** A command of somebody else's. */
const tell = (socket: string, command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = ''
    const connection = connect(socket, () => connection.write(`${command}\n`))
    connection.on('data', (text) => {
      answer += text
    })
    connection.on('end', () => resolve(answer))
    connection.on('error', reject)
  })

test('banned addresses and networks are denied with the page, others pass; all without a reload', async (t) => {
  const place = await site(t)
  if (!place) return
  const { haproxy, sink, sync } = place
  const [host, range, net6] = [entry('203.0.113.7'), entry('198.51.100.0/24'), entry('2001:db8:1:2::/64')]
  await sync(snapshot([host, range]))
  await sync(delta([net6]))
  const denied = await visit(haproxy, '203.0.113.7')
  assert.equal(denied.status, 403)
  assert.equal(denied.headers['x-riposte-reference'], referenceOf(host.id))
  assert.equal(denied.headers['cache-control'], 'no-store')
  assert.match(denied.body, new RegExp(`<code>${referenceOf(host.id)}</code>`))
  for (const client of ['198.51.100.200', '2001:db8:1:2:ffff::1'])
    assert.equal((await visit(haproxy, client)).status, 403, client)
  for (const client of ['203.0.113.8', '2001:db8:1:3::1'])
    assert.equal((await visit(haproxy, client)).status, 200, client)
  const narrow = entry('198.51.100.255')
  assert.deepEqual(await sink.verify([host, range, net6, narrow], call()), [
    'enforced',
    'enforced',
    'enforced',
    'absent',
  ])

  await sync(delta([narrow], [host]))
  assert.equal((await visit(haproxy, '203.0.113.7')).status, 200)
  assert.deepEqual(await sink.verify([host, range, narrow], call()), ['absent', 'enforced', 'enforced'])
  const renewed = entry('198.51.100.255')
  await sync(delta([renewed]))
  assert.equal((await visit(haproxy, '198.51.100.255')).headers['x-riposte-reference'], referenceOf(renewed.id))
  await sync(delta([renewed]))
  await sync(delta([], [renewed, range]))
  assert.equal((await visit(haproxy, '198.51.100.255')).status, 200, 'no second copy is left')
  assert.deepEqual(await sink.held!(call()), new Set(['2001:db8:1:2::/64']))
})

test('the throttled get 429 beyond their rate, and what becomes a ban is one', async (t) => {
  const place = await site(t)
  if (!place) return
  const { haproxy, sink, sync } = place
  const slow = entry('203.0.113.0/24', { type: 'throttle' })
  await sync(snapshot([slow]))
  const statuses = []
  for (let i = 0; i < 15; i++) statuses.push((await visit(haproxy, `203.0.113.${i}`)).status)
  assert.deepEqual(statuses, [...new Array(10).fill(200), ...new Array(5).fill(429)])
  assert.deepEqual(await sink.verify([slow], call()), ['enforced'])
  const ban = { ...slow, type: 'ban' as const }
  await sync(delta([ban]))
  assert.equal((await visit(haproxy, '203.0.113.1')).status, 403)
  assert.deepEqual(await sink.verify([slow, ban], call()), ['absent', 'enforced'])
})

test('restarted, flushed, changed by hand: found, and repaired', async (t) => {
  const place = await site(t)
  if (!place) return
  const { haproxy, sink, sync, doubts } = place
  const [one, two] = [entry('203.0.113.7'), entry('203.0.113.8')]
  await sync(snapshot([one]))
  await sync(delta([two]))
  await haproxy.down()
  await assert.rejects(sync(delta([entry('203.0.113.9')])), { code: 'HAPROXY_DOWN' })
  await haproxy.up()
  for (const client of ['203.0.113.8', '203.0.113.9'])
    assert.equal((await visit(haproxy, client)).status, 403, 'what is on disk holds at once')
  assert.deepEqual(await sink.held!(call()), new Set(['203.0.113.7', '203.0.113.8', '203.0.113.9']))
  assert.deepEqual(doubts.splice(0), ['HAProxy was restarted'])
  await tell(haproxy.socket, `clear map ${haproxy.map}`)
  assert.deepEqual(await sink.verify([one], call()), ['absent'])
  assert.deepEqual(await sink.held!(call()), new Set())
  await sync(delta([one]))
  assert.deepEqual(await sink.verify([one], call()), ['enforced'], 'what is sent again is there again')
  await tell(haproxy.socket, `add map ${haproxy.map} 198.51.100.9/24 yes`)
  await sink.held!(call())
  assert.match(doubts.splice(0).join(), /not ours/)
  await sync(snapshot([one, two]))
  assert.deepEqual(await sink.held!(call()), new Set(['203.0.113.7', '203.0.113.8']))
  assert.deepEqual(doubts, [])
})

test('thirty thousand at once, in pieces that fit; the old map holds until the new one is whole', async (t) => {
  const place = await site(t)
  if (!place) return
  const { haproxy, sink, sync } = place
  const many = Array.from({ length: 30_000 }, (_, i) =>
    i % 2 ? entry(`203.${i >> 8}.${i & 255}.9`) : entry(`2001:db8:${i.toString(16)}:1::/64`),
  )
  const first = entry('198.51.100.7')
  await sync(snapshot([first]))
  let isUnderWay = true
  const statuses = new Set<number>()
  const watching = (async () => {
    while (isUnderWay) statuses.add((await visit(haproxy, '198.51.100.7')).status)
  })()
  await sync(snapshot([first, ...many]))
  isUnderWay = false
  await watching
  assert.deepEqual(statuses, new Set([403]))
  assert.equal((await sink.held!(call())).size, 30_001)
  assert.deepEqual(new Set(await sink.verify(many.slice(-1000), call())), new Set(['enforced']))
  await sync(delta(many.slice(0, 1000)))
  await sync(delta([], many))
  assert.deepEqual(await sink.held!(call()), new Set(['198.51.100.7']))
})

test('hostile entries break nothing: file and process hold the same set, and nothing that is special or allowlisted', async (t) => {
  const place = await site(t)
  if (!place) return
  const { haproxy, sink, sync, doubts } = place
  let seen = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(hostileEntry, { maxLength: 12 }),
      fc.array(hostileEntry, { maxLength: 12 }),
      fc.array(networkText, { maxLength: 1 }),
      async (first, added, allow) => {
        await sync(snapshot(first, allow))
        await sync(delta(added, first.slice(0, 2)))
        const onDisk = [haproxy.map, haproxy.throttleMap].flatMap((path) =>
          readFileSync(path, 'utf8')
            .split('\n')
            .filter((line) => line !== '' && !line.startsWith('#')),
        )
        for (const line of onDisk) assert.match(line, /^[0-9a-f.:]+(?:\/\d+)? R-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$/)
        const held = await sink.held!(call())
        seen += held.size
        assert.deepEqual(new Set(onDisk.map((line) => line.split(' ')[0])), held)
        for (const client of ['127.0.0.1', '10.9.8.7', '::1', 'fe80::1', ...allow.map((text) => text.split('/')[0]!)])
          assert.equal((await visit(haproxy, client)).status, 200, client)
      },
    ),
    { numRuns: 40 },
  )
  assert.ok(seen > 40)
  assert.deepEqual(doubts, [])
})

test('what keeps it from its work is said', async (t) => {
  const place = await site(t)
  if (!place) return
  const { haproxy } = place
  const fails = async (over: Record<string, string>, code: string, words: RegExp) => {
    const { socket, map } = haproxy
    const sink = openMaps(settings.parse({ socket, map, ...over }), { doubt() {} })
    await assert.rejects(
      sink.sync(snapshot([entry('203.0.113.7')]), call()),
      (error: Error & { code: string; remedy: string }) => {
        assert.equal(error.code, code)
        assert.match(`${error.message} ${error.remedy}`, words)
        return true
      },
    )
  }
  await fails({ map: join(haproxy.dir, 'other.map') }, 'HAPROXY_REFUSED', /Unknown map identifier.*haproxy\.cfg/)
  await fails({ socket: join(haproxy.dir, 'none.sock') }, 'HAPROXY_DOWN', /ENOENT/)
  await fails({ map: join(haproxy.dir, 'none', 'banned.map') }, 'FILE_NOT_WRITTEN', /Create its folder/)
  assert.throws(() => settings.parse({ map: '/etc/a b; show info' }))
})
