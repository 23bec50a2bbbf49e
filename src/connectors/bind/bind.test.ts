/** Dynamic updates of a real BIND, read back as its zone and asked as resolvers ask. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { KEY, startDynamicZone, ZONE } from '../../../test/real/dynamic-zone.ts'
import { freePort } from '../../../test/real/loopback.ts'
import { NAMED_PACKAGES, type Named } from '../../../test/real/named.ts'
import { ensurePackages } from '../../../test/real/packages.ts'
import type { Failure } from '../../core/failure.ts'
import { parseCidr } from '../../core/ip.ts'
import { keyOfText } from '../../core/network-key.ts'
import { referenceOf } from '../../core/reference.ts'
import { specialNetwork } from '../../core/special-networks.ts'
import { nameOfKey } from '../../dns/list-name.ts'
import { zoneWithholds } from '../../dns/list-records.ts'
import { ListTable } from '../../dns/list-table.ts'
import { decision } from '../../enforce/decision.fixture.ts'
import { Hub } from '../../enforce/hub.ts'
import { ask } from '../../kit/dns-client.ts'
import { call, delta, entry, hostileEntry, snapshot } from '../../kit/entry.fixture.ts'
import type { Entry } from '../../kit/sink.ts'
import type { Proof } from '../../kit/store.ts'
import bind, { openZone } from './index.ts'
import { settings } from './settings.ts'

const available = await ensurePackages(NAMED_PACKAGES)

describe('updates of a real BIND', { skip: available ? false : 'bind9 is not installed and cannot be' }, () => {
  let named: Named
  before(async () => {
    named = await startDynamicZone()
  })
  after(() => named?.stop())

  const config = (over: Record<string, unknown> = {}) =>
    settings.parse({ mode: 'update', zone: ZONE, server: `127.0.0.1:${named.port}`, key: KEY, timeout: '1s', ...over })
  const open = (over: Record<string, unknown> = {}, clock: () => number = Date.now) => {
    const doubts: string[] = []
    const sink = openZone(config(over), { clock, doubt: (why) => void doubts.push(why) })
    return { sink, doubts }
  }
  /** The zone as another program sees it: owner and data of every A and TXT record. */
  const zone = async (): Promise<ReadonlySet<string>> => {
    const args = ['@127.0.0.1', '-p', `${named.port}`, '-y', `hmac-sha256:${KEY.name}:${KEY.secret}`, '+onesoa']
    const { stdout } = await promisify(execFile)('dig', [...args, ZONE, 'AXFR'], { maxBuffer: 1 << 26 })
    return new Set(
      [...stdout.matchAll(/^(\S+)\.bl\.example\.net\.\s+\d+\s+IN\s+(A|TXT)\s+(\S+)$/gm)]
        .filter(([, name]) => name !== 'ns' && name !== '_riposte')
        .map(([, name, type, data]) => `${name} ${type} ${data}`),
    )
  }
  const TESTS = ['2.0.0.127 A 127.0.0.2', `2.0.0.0.0.0.f.7.f.f.f.f${'.0'.repeat(20)} A 127.0.0.2`]
  const recordsOf = (entries: readonly Entry[], names: (value: string) => string): ReadonlySet<string> =>
    new Set([
      ...TESTS,
      ...entries.flatMap(({ value, id }) => [
        `${names(value)} A 127.0.0.3`,
        `${names(value)} TXT "${referenceOf(id)}"`,
      ]),
    ])
  const plain = (value: string): string => nameOfKey(keyOfText(value)!)
  const asked = async (addresses: readonly string[]) =>
    ask(
      { host: '127.0.0.1', port: named.port },
      addresses.map((ip) => `${plain(ip)}.${ZONE}`),
      { type: 'TXT' },
    )

  test('5,000 entries in batches are held as they were sent; a snapshot sends what differs', async () => {
    const entries = Array.from({ length: 5000 }, (_, i) =>
      i % 3 === 0
        ? entry(parseCidr(`2001:db8:${(i >> 8).toString(16)}:${(i & 255).toString(16)}::/64`)!.text)
        : entry(`198.51.${i >> 8}.${i & 255}`),
    )
    const { sink, doubts } = open()
    await sink.sync(snapshot(entries), call())
    assert.deepEqual(await zone(), recordsOf(entries, plain))
    assert.deepEqual(await sink.held!(call()), new Set(entries.map(({ value }) => value)))
    const sent = async () => (await sink.report!(call()))['names sent'] as number
    assert.equal(await sent(), 5002)

    const other = open().sink
    const rest = entries.slice(10)
    const fresh = entry('203.0.113.7')
    await other.sync(snapshot([...rest, fresh]), call())
    assert.equal((await other.report!(call()))['names sent'], 11)
    assert.deepEqual(await zone(), recordsOf([...rest, fresh], plain))
    // The first has been overtaken, and its next update meets a mark that is not its own.
    await assert.rejects(sink.sync(delta([fresh]), call()), { code: 'BIND_MARK' })
    await sink.held!(call())
    assert.deepEqual(doubts, ['its zone is not as we left it'])
    await other.sync(snapshot([]), call())
    assert.deepEqual(await zone(), new Set(TESTS))
    const [ns] = await ask({ host: '127.0.0.1', port: named.port }, [`ns.${ZONE}`], { type: 'A' })
    assert.equal(ns?.rcode, 'NOERROR', "the operator's own names stay")
  })

  test('every address answers as listed, none other does: networks within networks, both families', async () => {
    const octet = fc.constantFrom(0, 4, 5, 9, 77, 113, 255)
    const v4 = fc.tuple(fc.constantFrom(2, 203), octet, octet, octet).map((octets) => octets.join('.'))
    const v6 = fc
      .tuple(fc.constantFrom('2001', '2045', '2455'), fc.constantFrom('db8', '77'), octet, octet)
      .map(([a, b, c, d]) => `${a}:${b}:${c.toString(16)}::${d.toString(16)}`)
    const network = fc
      .oneof(
        fc.tuple(v4, fc.constantFrom(8, 15, 16, 20, 24, 25, 31, 32)).map(([ip, bits]) => `${ip}/${bits}`),
        fc.tuple(v6, fc.constantFrom(16, 31, 32, 45, 48, 64, 127, 128)).map(([ip, bits]) => `${ip}/${bits}`),
      )
      .map((text) => parseCidr(text)!.text)
      .filter((value) => zoneWithholds(value) === undefined && !specialNetwork(parseCidr(value)!))
    const networks = fc.uniqueArray(network, { maxLength: 7 })
    const step = fc.record({
      added: networks,
      keep: fc.array(fc.boolean(), { maxLength: 20 }),
      anew: fc.nat({ max: 5 }),
    })
    const { sink, doubts } = open()
    let hits = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 4 }),
        fc.array(fc.oneof(v4, v6), { minLength: 30, maxLength: 30 }),
        async (steps, addresses) => {
          await sink.sync(snapshot([]), call())
          const now = new Map<string, Entry>()
          for (const { added, keep, anew } of steps) {
            const gone = [...now.values()].filter(({ value }, i) => keep[i] === false && !added.includes(value))
            const fresh = added.map((value) => entry(value))
            for (const { value } of gone) now.delete(value)
            for (const one of fresh) now.set(one.value, one)
            await sink.sync(anew === 0 ? snapshot([...now.values()]) : delta(fresh, gone), call())
          }
          const table = new ListTable(['ban'])
          for (const one of now.values()) table.put(one)
          const near = [...now.keys()].map((value) => parseCidr(value)!.address.toString())
          const questions = [...addresses, ...near]
          const told = await asked(questions)
          for (const [i, ip] of questions.entries()) {
            const row = table.find(keyOfText(ip)!)
            if (row >= 0) hits++
            const wanted = row < 0 ? [] : [table.reference(row)]
            assert.deepEqual(told[i]?.texts, wanted, `${ip} in ${[...now.keys()].join(' ')}`)
          }
          assert.deepEqual(new Set(await sink.verify([...now.values()], call())), new Set(now.size ? ['enforced'] : []))
          assert.deepEqual(await sink.held!(call()), new Set(now.keys()))
        },
      ),
      { numRuns: 60 },
    )
    assert.ok(hits > 300, `${hits} hits`)
    assert.deepEqual(doubts, [])
  })

  test('what the zone loses or gets by other hands is seen and made right', async () => {
    const { sink, doubts } = open()
    const one = entry('203.0.113.7')
    const two = entry('203.0.112.0/23')
    await sink.sync(snapshot([one, two]), call())
    assert.deepEqual(await sink.held!(call()), new Set([one.value, two.value]))
    assert.deepEqual(await sink.held!(call()), new Set([one.value, two.value]), 'by its serial')
    const other = open().sink
    await other.sync(snapshot([two, entry('198.51.100.9')]), call())
    assert.deepEqual(await sink.held!(call()), new Set([two.value, '198.51.100.9']))
    assert.deepEqual(doubts, ['its zone is not as we left it'])
    await sink.sync(snapshot([one, two]), call())
    assert.deepEqual(await sink.held!(call()), new Set([one.value, two.value]))

    // What the hub calls drift it sends again, and takes away, as changes.
    await sink.sync(delta([one], [entry('198.51.100.9', { until: 0 })]), call())
    assert.deepEqual(await sink.verify([one, entry('198.51.100.9')], call()), ['enforced', 'absent'])
  })

  test('an older zone after a crash is found by the audit, or by the next update, and made right', async () => {
    const { sink, doubts } = open()
    const early = entry('203.0.113.1')
    const late = entry('203.0.113.2')
    await sink.sync(snapshot([early]), call())
    const files = ['bl.db', 'bl.db.jnl'].map((name) => join(named.dir, name))
    await named.crash()
    await named.restart()
    assert.deepEqual(await sink.held!(call()), new Set([early.value]), 'an answered update outlives kill -9')

    for (const file of files) copyFileSync(file, `${file}.old`)
    await sink.sync(delta([late]), call())
    await named.crash()
    for (const file of files) copyFileSync(`${file}.old`, file)
    await named.restart()
    assert.deepEqual(await sink.held!(call()), new Set([early.value]))
    assert.equal(doubts.length, 1)
    await assert.rejects(sink.sync(delta([late]), call()), { code: 'BIND_MARK', retry: 'backoff' })
    await sink.sync(snapshot([early, late]), call())
    assert.deepEqual(await zone(), recordsOf([early, late], plain))

    await named.crash()
    rmSync(files[1]!)
    await named.restart()
    assert.notDeepEqual(await sink.held!(call()), new Set([early.value, late.value]))
    await sink.sync(snapshot([early, late]), call())
    assert.deepEqual(await zone(), recordsOf([early, late], plain))
    assert.deepEqual(await sink.held!(call()), new Set([early.value, late.value]))
  })

  test('says what is wrong with keys, clocks and zones, and changes nothing while it probes', async () => {
    const before = await zone()
    await bind.probe!(config())
    assert.deepEqual(await zone(), before)
    const cases: readonly (readonly [over: Record<string, unknown>, code: string, says: RegExp])[] = [
      [{ key: { ...KEY, secret: Buffer.alloc(32, 8).toString('base64') } }, 'BIND_KEY', /another secret for the key/],
      [{ key: { ...KEY, name: 'nobody' } }, 'BIND_KEY', /knows no key nobody/],
      [{ key: { ...KEY, name: 'stranger' } }, 'BIND_REFUSED', /update/],
      [{ zone: 'other.example.net' }, 'BIND_ZONE', /other\.example\.net/],
      [{ zone: 'static.example.net' }, 'BIND_REFUSED', /update/],
    ]
    for (const [over, code, says] of cases) {
      const check = (error: Failure): boolean => {
        assert.equal(error.code, code, error.message)
        assert.match(error.message, says)
        assert.ok(error.remedy)
        assert.ok(!`${error.message}${error.remedy}`.includes(KEY.secret))
        return true
      }
      await assert.rejects(bind.probe!(config(over)), check)
      await assert.rejects(open(over).sink.sync(snapshot([entry('203.0.113.9')]), call()), check)
    }
    for (const [by, says] of [
      [-3_600_000, /our clock is (3599|3600|3601) s behind/],
      [3_600_000, /our clock is (3599|3600|3601) s ahead/],
    ] as const) {
      const { sink } = open({}, () => Date.now() + by)
      await assert.rejects(sink.sync(snapshot([]), call()), (error: Failure) => {
        assert.equal(error.code, 'BIND_CLOCK')
        assert.match(error.message, says)
        return true
      })
    }
    assert.deepEqual(await zone(), before)
  })

  test('a BIND that hangs, is gone, or talks nonsense is a Failure in time', async () => {
    const { sink } = open({ timeout: '300ms' })
    await sink.sync(snapshot([]), call())
    const failing = async (code: string, server?: number): Promise<void> => {
      const place = server === undefined ? sink : open({ timeout: '300ms', server: `127.0.0.1:${server}` }).sink
      const began = performance.now()
      await assert.rejects(place.sync(snapshot([entry('203.0.113.9')]), call()), { code, retry: 'backoff' })
      assert.ok(performance.now() - began < 10_000, 'nobody waits for ever')
    }
    named.signal('SIGSTOP')
    try {
      await failing('BIND_SILENT')
    } finally {
      named.signal('SIGCONT')
    }
    await failing('BIND_UNREACHABLE', await freePort())
    const talking = async (answer: (socket: Socket) => void): Promise<number> => {
      const server = createServer(answer).listen(0, '127.0.0.1')
      server.unref()
      await sleep(1)
      return (server.address() as { port: number }).port
    }
    await failing('BIND_UNREACHABLE', await talking((socket) => void socket.end()))
    await failing(
      'BIND_ANSWER',
      await talking((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(700))),
    )
    await failing('BIND_SILENT', await talking((socket) => void socket.write(Buffer.from([0, 100, 1]))))
    const stop = new AbortController()
    const waiting = open({ server: `127.0.0.1:${await talking(() => {})}` }).sink
    const work = waiting.sync(snapshot([]), { ...call(), signal: stop.signal })
    setTimeout(() => stop.abort(), 50)
    await assert.rejects(work, { code: 'BIND_STOPPED' })
  })

  test('an update that was given up and arrives late changes nothing', async () => {
    const one = entry('203.0.113.77')
    let holding = false
    const held: (() => Promise<unknown>)[] = []
    const between = createServer((client) => {
      client.on('error', () => {})
      const forward = (): Socket => {
        const onward = connect(named.port, '127.0.0.1')
        onward.on('error', () => {})
        return onward
      }
      if (!holding) return void client.pipe(forward()).pipe(client)
      client.once('data', (update) =>
        held.push(async () => {
          const onward = forward()
          onward.write(update)
          await once(onward, 'data')
          onward.destroy()
        }),
      )
    }).listen(0, '127.0.0.1')
    between.unref()
    await once(between, 'listening')
    const { sink } = open({ timeout: '300ms', server: `127.0.0.1:${(between.address() as AddressInfo).port}` })
    await sink.sync(snapshot([]), call())
    holding = true
    await assert.rejects(sink.sync(delta([one]), call()), { code: 'BIND_SILENT' })
    holding = false
    await sink.sync(snapshot([]), call())
    assert.equal(held.length, 1)
    for (const arrive of held) await arrive()
    assert.deepEqual(await zone(), new Set(TESTS))
  })

  test('whatever entries come, nothing special, allowlisted or hostile gets into the zone', async () => {
    const { sink } = open()
    const allow = ['203.0.113.64/26', '2001:db8:ffff::/48']
    await fc.assert(
      fc.asyncProperty(fc.array(hostileEntry, { maxLength: 20 }), fc.boolean(), async (entries, isDelta) => {
        const fits = entries.filter(({ value }) => zoneWithholds(value) === undefined)
        await sink.sync(snapshot(isDelta ? [] : fits, allow), call())
        if (isDelta) await sink.sync(delta(fits, [], allow), call())
        const table = new ListTable(['ban'])
        table.spare(allow.map((text) => parseCidr(text)!))
        for (const one of fits) table.put(one)
        const texts = new Set(Array.from(table.rows(), (row) => `TXT "${table.reference(row)}"`))
        const found = [...(await zone())].filter((record) => !TESTS.includes(record))
        for (const record of found) assert.match(record, /^[0-9a-f.*]+ (A 127\.0\.0\.3|TXT "R-[0-9A-F-]{14}")$/)
        assert.ok(found.every((record) => !record.includes('TXT') || texts.has(record.slice(record.indexOf('TXT')))))
        for (const one of ['127.0.0.1', '10.0.0.9', '203.0.113.65', '192.168.1.5', '2001:db8:ffff::1', 'fe80::1'])
          assert.deepEqual((await asked([one]))[0]?.texts, [], one)
      }),
      { numRuns: 30 },
    )
  })

  test('through the hub: killed, restarted with an older zone, and right again', async (t: TestContext) => {
    const proofs = new Map<string, Proof>()
    const findings: string[] = []
    const hub = new Hub(
      {
        store: {
          prove: async (rows) => {
            for (const row of rows) proofs.set(`${row.decision} ${row.act}`, row)
          },
          putPoints: async () => {},
        },
        log: call().log,
        clock: Date.now,
        finding: ({ code, cleared }) => void findings.push(cleared ? `${code} cleared` : code),
        auditEvery: 100,
      },
      [],
    )
    t.after(() => hub.close())
    hub.start()
    const sink = openZone(config({ timeout: '500ms' }), { clock: Date.now, doubt: (why) => hub.doubt('bind', why) })
    await sink.sync(snapshot([]), call())
    hub.add('bind', 'bind', sink)
    const eventually = async (what: string, check: () => boolean | Promise<boolean>): Promise<void> => {
      for (let i = 0; !(await check()); i++, await sleep(50)) assert.ok(i < 300, `did not happen: ${what}`)
    }
    const ban = (value: string) => {
      const one = decision(value, { startsAt: Date.now(), until: Date.now() + 600_000 })
      hub.apply([one], Date.now())
      return one
    }
    const isListed = async (value: string) => ((await asked([value]))[0]?.texts.length ?? 0) > 0
    const first = ban('203.0.113.21')
    await eventually('the first is proved', () => proofs.get(`${first.id} block`)?.verifiedAt !== undefined)
    await named.crash()
    const second = ban('203.0.113.22')
    await eventually('its going is told of', () => findings.includes('enforce.down'))
    for (const name of ['bl.db.jnl']) rmSync(join(named.dir, name), { force: true })
    await named.restart()
    await eventually('the second is proved', () => proofs.get(`${second.id} block`)?.verifiedAt !== undefined)
    await eventually(
      'both are listed',
      async () => (await isListed('203.0.113.21')) && (await isListed('203.0.113.22')),
    )
    assert.ok(findings.includes('enforce.down cleared'))

    await named.crash()
    rmSync(join(named.dir, 'bl.db.jnl'), { force: true })
    await named.restart()
    await eventually('with nothing to send, the audit finds the loss', async () => isListed('203.0.113.22'))
    hub.apply([{ ...first, withdrawnAt: Date.now() }], Date.now())
    await eventually('the end is proved', () => proofs.get(`${first.id} unblock`)?.verifiedAt !== undefined)
    assert.equal(await isListed('203.0.113.21'), false)
  })
})
