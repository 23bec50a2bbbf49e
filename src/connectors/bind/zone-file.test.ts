/** A zone file that a real named-checkzone passes and a real BIND loads. */
import assert from 'node:assert/strict'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyZone, KEY, ZONE } from '../../../test/real/dynamic-zone.ts'
import { freePort } from '../../../test/real/loopback.ts'
import { NAMED_PACKAGES, startNamed } from '../../../test/real/named.ts'
import { ensurePackages } from '../../../test/real/packages.ts'
import { ask } from '../../kit/dns-client.ts'
import { call, delta, entry, snapshot } from '../../kit/entry.fixture.ts'
import bind, { openZone } from './index.ts'
import { settings } from './settings.ts'

/** A zone that was numbered by the date, as many are: such a serial is larger than any unix time until 2034. */
const DATED = 2_026_112_601

const site = async (t: TestContext) => {
  if (!(await ensurePackages(NAMED_PACKAGES))) {
    t.skip('bind9 is not installed and cannot be')
    return undefined
  }
  const named = await startNamed(await freePort(), ZONE, (dir) => {
    writeFileSync(join(dir, 'bl.db'), emptyZone(DATED))
    return `zone "${ZONE}" { type primary; file "${dir}/bl.db"; allow-transfer { 127.0.0.1; }; };`
  })
  t.after(() => named.stop())
  const doubts: string[] = []
  const file = join(named.dir, 'bl.db')
  const config = (over: Record<string, unknown> = {}) =>
    settings.parse({
      mode: 'file',
      zone: ZONE,
      server: `127.0.0.1:${named.port}`,
      file,
      pidFile: join(named.dir, 'named.pid'),
      minInterval: '50ms',
      ...over,
    })
  const open = (over: Record<string, unknown> = {}) =>
    openZone(config(over), { clock: Date.now, doubt: (why) => void doubts.push(why) })
  const serial = (): number => Number(/SOA \S+ \S+ (\d+)/.exec(readFileSync(file, 'latin1'))![1])
  return { named, file, config, open, serial, doubts }
}

test('BIND loads what was written and tested, by SIGHUP and by a command; the serial goes on from any other', async (t) => {
  const place = await site(t)
  if (!place) return
  const { named, config, open, serial, doubts } = place
  await bind.probe!(config())
  const sink = open()
  const one = entry('203.0.113.7', { attackClass: 'rce', until: Date.now() + 30_000 })
  const wide = entry('203.0.112.0/23')
  await sink.sync(snapshot([one, wide]), call())
  assert.equal(serial(), DATED + 1)
  assert.deepEqual(await sink.verify([one, wide], call()), ['enforced', 'enforced'])
  assert.deepEqual(await sink.held!(call()), new Set([one.value, wide.value]))
  const told = await ask({ host: '127.0.0.1', port: named.port }, [`7.113.0.203.${ZONE}`], { type: 'A' })
  assert.deepEqual(told[0]?.codes, [7])
  const ttl = told[0]?.ttl ?? 0
  assert.ok(ttl >= 1 && ttl <= 30, 'no longer than the ban')

  // A new process knows nothing of the serial but what the file and BIND say.
  const next = open({ pidFile: undefined, reload: ['/bin/kill', '-HUP', `${named.pid}`] })
  await next.sync(snapshot([wide]), call())
  assert.equal(serial(), DATED + 2)
  await next.sync(delta([entry('2001:db8::7')], [wide]), call())
  assert.equal(serial(), DATED + 3)
  assert.deepEqual(await next.verify([one, wide], call()), ['absent', 'absent'])
  assert.deepEqual(await next.held!(call()), new Set(['2001:db8::7']))
  assert.deepEqual(doubts, [])
})

test('a file that does not pass takes no place; a BIND that does not load it, or has another, is told of', async (t) => {
  const place = await site(t)
  if (!place) return
  const { named, file, open, doubts, serial } = place
  const sink = open()
  await sink.sync(snapshot([entry('203.0.113.7')]), call())
  const before = readFileSync(file, 'latin1')
  const strict = join(named.dir, 'refuses')
  writeFileSync(strict, '#!/bin/sh\necho "$4:7: no good" >&2\nexit 1\n')
  chmodSync(strict, 0o755)
  await assert.rejects(open({ checkzone: strict }).sync(snapshot([]), call()), {
    code: 'BIND_CHECKZONE',
    message: /the old one stays: .*:7: no good/,
  })
  assert.equal(readFileSync(file, 'latin1'), before)
  await assert.rejects(open({ reload: ['/bin/false'] }).sync(snapshot([]), call()), { code: 'BIND_RELOAD' })
  await assert.rejects(open({ pidFile: '/proc/self/stat' }).sync(snapshot([]), call()), { code: 'BIND_NOT_RUNNING' })
  await assert.rejects(bind.probe!(place.config({ pidFile: '/nonexistent' })), { code: 'BIND_NOT_RUNNING' })

  await sink.sync(snapshot([entry('203.0.113.7')]), call())
  writeFileSync(file, emptyZone(serial() + 7))
  await named.crash()
  await named.restart()
  assert.deepEqual(await sink.held!(call()), new Set())
  assert.match(doubts.join(), /has serial \d+ of its zone instead of/)
  await sink.sync(snapshot([entry('203.0.113.7')]), call())
  assert.deepEqual(await sink.held!(call()), new Set(['203.0.113.7']))
})

test('a file that others edited is found, though it kept its serial', async (t) => {
  const place = await site(t)
  if (!place) return
  const { named, file, open, doubts, serial } = place
  const sink = open()
  const one = entry('203.0.113.7')
  await sink.sync(snapshot([one]), call())
  await sink.held!(call())
  assert.deepEqual(doubts, [])
  const last = serial()
  writeFileSync(file, readFileSync(file, 'latin1').replace(/^7\.113\.0\.203 .*\n/gm, ''))
  assert.equal(serial(), last)
  named.signal('SIGHUP')
  const standing = async () => (await sink.verify([one], call()))[0]
  for (let i = 0; i < 200 && (await standing()) !== 'absent'; i++) await sleep(25)
  await sink.held!(call())
  assert.deepEqual(doubts, ['its zone file was changed by other hands'])
  await sink.sync(snapshot([one]), call())
  assert.equal(await standing(), 'enforced')
  await sink.held!(call())
  assert.equal(doubts.length, 1)
})

test('what a configuration lacks is named', () => {
  const base = { zone: ZONE }
  const says = (config: object): string =>
    settings
      .safeParse({ ...base, ...config })
      .error?.issues.map(({ message }) => message)
      .join(' ') ?? ''
  assert.match(says({ mode: 'update' }), /must be signed/)
  assert.match(says({ mode: 'update', key: { name: 'k', secret: 'short' } }), /16 bytes/)
  assert.match(says({ mode: 'file' }), /path of the zone file.*reload or pidFile/)
  assert.match(says({ mode: 'file', file: 'x', pidFile: 'y', nameServer: `ns.${ZONE}` }), /outside/)
  assert.equal(says({ mode: 'update', key: KEY }), '')
})
