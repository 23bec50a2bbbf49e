import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../../../test/real/loopback.ts'
import { NAMED_PACKAGES, type Named, startNamed } from '../../../test/real/named.ts'
import { ensurePackages } from '../../../test/real/packages.ts'
import { referenceOf } from '../../core/reference.ts'
import { ask } from '../../kit/dns-client.ts'
import { Secret } from '../../kit/secret.ts'
import { call, entry, nameOf, snapshot } from './entries.fixture.ts'
import { openList } from './index.ts'
import { settings } from './settings.ts'

const SECRET = Buffer.alloc(32, 'k').toString('base64')
const run = promisify(execFile)

const installed = await ensurePackages([...NAMED_PACKAGES])

describe('secondaries', { skip: installed ? false : 'BIND is not installed and cannot be' }, () => {
  let list: Awaited<ReturnType<typeof openList>>
  let named: Named
  let secondary: number
  const entries = [
    entry('203.0.113.7'),
    entry('198.51.96.0/20', { attackClass: 'xss' }),
    entry('198.51.100.7', { attackClass: 'rce' }),
    entry('2001:db8:1:2::/64', { attackClass: 'scanner' }),
    ...Array.from({ length: 5000 }, (_, i) => entry(`203.1.${i >> 8}.${i & 255}`)),
  ]

  const dig = async (...args: string[]): Promise<string> =>
    (await run('dig', ['@127.0.0.1', '-p', String(list.ports[0]), '+noidnin', ...args])).stdout
  const withKey = (algorithm = 'hmac-sha256', secret = SECRET) => ['-y', `${algorithm}:xfer:${secret}`]
  const until = async (what: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; !(await what()); i++) {
      assert.ok(i < 150, 'not within 15 s')
      await sleep(100)
    }
  }
  const codes = async (value: string): Promise<readonly number[] | undefined> =>
    (await ask({ host: '127.0.0.1', port: secondary }, [`${nameOf(value)}.bl.example.net`], { type: 'A' }))[0]?.codes

  before(async () => {
    secondary = await freePort()
    const parsed = settings.parse({
      listen: ['127.0.0.1:0'],
      zones: { ban: 'bl.example.net', forward: 'fwd.example.net' },
      transfer: { allow: ['127.0.0.1'], notify: [`127.0.0.1:${secondary}`], key: { name: 'xfer', secret: SECRET } },
    })
    assert.ok(parsed.transfer.key?.secret instanceof Secret)
    list = await openList(parsed, () => {})
    await list.sync(snapshot(entries), call)
    named = await startNamed(
      secondary,
      'bl.example.net',
      (dir) => `key "xfer" { algorithm hmac-sha256; secret "${SECRET}"; };
zone "bl.example.net" {
  type secondary; file "${dir}/bl.db"; masterfile-format text;
  primaries { 127.0.0.1 port ${list.ports[0]} key "xfer"; };
};`,
    )
  })
  after(async () => {
    await named?.stop()
    await list?.close()
  })

  test('BIND takes the zone, signed, and answers as we do', async () => {
    assert.deepEqual(await codes('203.0.113.7'), [3])
    assert.deepEqual(await codes('198.51.111.200'), [4])
    assert.deepEqual(await codes('198.51.100.7'), [7])
    assert.deepEqual(await codes('198.51.100.8'), [4], 'a name within a network does not hide its neighbours')
    assert.deepEqual(await codes('198.51.112.1'), [])
    assert.deepEqual(await codes('2001:db8:1:2:3:4:5:6'), [15])
    assert.deepEqual(await codes('203.1.19.135'), [3])
    assert.deepEqual(await codes('127.0.0.2'), [2])
  })

  test('BIND is told of a change and takes it', async () => {
    const late = entry('203.0.113.99', { attackClass: 'rfi' })
    await list.sync({ kind: 'delta', added: [late], removed: [entries[0]!] }, call)
    await until(async () => (await codes('203.0.113.99'))?.[0] === 6)
    assert.deepEqual(await codes('203.0.113.7'), [])
    await until(async () => ((await list.report!(call)) as { notified: number }).notified > 0)
  })

  test('dig transfers with the key, every message signed, and not without it', async () => {
    const zone = await dig(...withKey(), 'bl.example.net', 'AXFR')
    assert.equal(zone.split('\n').filter((line) => /\sA\s127\.0\.0\.3$/.test(line)).length, 5000)
    assert.match(zone, new RegExp(`TXT\\s"${referenceOf(entries[1]!.id)}"`))
    assert.doesNotMatch(zone, /Couldn't verify|failed/i)
    assert.match(await dig('bl.example.net', 'AXFR'), /Transfer failed/)
    assert.match(
      await dig(...withKey('hmac-sha256', Buffer.alloc(32, 'x').toString('base64')), 'bl.example.net', 'AXFR'),
      /Transfer failed|NOTAUTH|BADSIG/,
    )
    assert.match(await dig(...withKey(), 'fwd.example.net', 'AXFR'), /Transfer failed/)
  })

  test('IXFR is one SOA when nothing has changed, and the zone otherwise', async () => {
    await sleep(1100)
    const serial = (await dig('bl.example.net', 'SOA', '+short')).split(' ')[2]!
    const records = async (from: string) =>
      (await dig(...withKey(), 'bl.example.net', `IXFR=${from}`)).split('\n').filter((line) => /\sIN\s/.test(line))
        .length
    assert.equal(await records(serial), 1)
    assert.ok((await records(String(Number(serial) - 100))) > 5000)
  })

  test('dig asks as it asks any server', async () => {
    const name = '7.100.51.198.BL.Example.net'
    const told = await dig(name, 'ANY', '+notcp')
    assert.match(told, /status: NOERROR/)
    assert.match(told, /flags: qr aa rd;/)
    assert.match(told, /EDNS: version: 0.*udp: 1232/)
    assert.ok(told.includes(`${name}.`), 'the case of the question is kept')
    assert.doesNotMatch(told, /WARNING: (?!recursion)/)
    assert.match(await dig('+edns=1', '+noednsneg', name), /BADVERS/)
    assert.match(await dig('-c', 'CH', 'version.bind', 'TXT'), /REFUSED/)
    assert.match(await dig(...withKey(), name), /NOERROR/)
    assert.match(await dig('+tcp', name), /127\.0\.0\.7/)
  })

  test('a reader who takes nothing of a transfer does not hold up the others', async () => {
    const question = Buffer.from('002000000000000100000000000002626c076578616d706c65036e65740000fc0001', 'hex')
    question.writeUInt16BE(question.length - 2, 0)
    const slow = connect(list.ports[0]!, '127.0.0.1')
    slow.pause()
    for (let i = 0; i < 100; i++) slow.write(question)
    const told = await ask({ host: '127.0.0.1', port: list.ports[0]! }, ['7.100.51.198.bl.example.net'])
    assert.deepEqual(told[0]?.codes, [7])
    slow.destroy()
  })
})
