import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { decode, encode, type RecordType } from 'dns-packet'
import fc from 'fast-check'
import { createCidrSet } from '../../core/cidr-set.ts'
import { parseCidr } from '../../core/ip.ts'
import { keyOfText } from '../../core/network-key.ts'
import { referenceOf } from '../../core/reference.ts'
import { specialNetwork } from '../../core/special-networks.ts'
import { nameToWire } from '../../dns/wire.ts'
import { call, entry, nameOf, snapshot } from './entries.fixture.ts'
import { openList } from './index.ts'
import { settings } from './settings.ts'

describe('the embedded list', () => {
  let list: Awaited<ReturnType<typeof openList>>
  const config = settings.parse({
    listen: ['127.0.0.1:0'],
    zones: {
      ban: 'bl.example.net',
      forward: 'fwd.example.net',
      throttle: 'slow.example.net',
      watch: 'watch.example.net',
      allow: 'ok.example.net',
    },
    ttl: '60s',
  })
  before(async () => {
    list = await openList(config, () => {})
  })
  after(() => list.close())

  const exchange = (bytes: Buffer, wait = 1000): Promise<Buffer | undefined> =>
    new Promise((resolve) => {
      const socket = createSocket('udp4')
      const timer = setTimeout(() => {
        socket.close()
        resolve(undefined)
      }, wait)
      socket.on('message', (answer) => {
        clearTimeout(timer)
        socket.close()
        resolve(answer)
      })
      socket.send(bytes, list.ports[0]!, '127.0.0.1')
    })
  const dig = async (name: string, type = 'A', more: object = {}) => {
    const answer = await exchange(
      encode({ type: 'query', id: 7, questions: [{ type: type as RecordType, name }], ...more }),
    )
    assert.ok(answer, `no answer for ${name}`)
    return decode(answer) as ReturnType<typeof decode> & { rcode: string }
  }
  const addresses = async (name: string): Promise<readonly string[]> =>
    ((await dig(name)).answers ?? []).map((a) => String((a as { data?: unknown }).data))

  test('lists by class, with the reference and a TTL within the ban', async () => {
    const soon = entry('203.0.113.9', { until: Date.now() + 20_000, attackClass: 'rce' })
    await list.sync(snapshot([entry('203.0.113.7'), soon]), call)
    assert.deepEqual(await addresses(`7.113.0.203.bl.example.net`), ['127.0.0.3'])
    assert.deepEqual(await addresses(`203.0.113.7.fwd.example.net`), ['127.0.0.3'])
    const text = await dig(`9.113.0.203.bl.example.net`, 'TXT')
    const [record] = text.answers as unknown as [{ data: Buffer[]; ttl: number }]
    assert.equal(String(record.data[0]), referenceOf(soon.id))
    assert.ok(record.ttl >= 1 && record.ttl <= 20, `TTL ${record.ttl}`)
    const miss = await dig(`8.113.0.203.bl.example.net`)
    assert.equal(miss.rcode, 'NXDOMAIN')
    assert.equal((miss.authorities![0] as unknown as { type: string }).type, 'SOA')
    assert.equal(miss.flag_aa, true)
    assert.equal(miss.flag_ra, false)
  })

  test('keeps purposes in zones of their own', async () => {
    await list.sync(
      snapshot(
        [entry('203.0.113.1', { type: 'throttle' }), entry('203.0.113.2', { type: 'watch' }), entry('203.0.113.3')],
        ['198.51.100.0/24'],
      ),
      call,
    )
    const zones = ['bl', 'slow', 'watch', 'ok']
    const found = async (name: string) =>
      (await Promise.all(zones.map((zone) => addresses(`${name}.${zone}.example.net`)))).map((a) => a.length)
    assert.deepEqual(await found('1.113.0.203'), [0, 1, 0, 0])
    assert.deepEqual(await found('2.113.0.203'), [0, 0, 1, 0])
    assert.deepEqual(await found('3.113.0.203'), [1, 0, 0, 0])
    assert.deepEqual(await found('77.100.51.198'), [0, 0, 0, 1])
  })

  test('ranges and IPv6 networks answer for every address in them', async () => {
    await list.sync(snapshot([entry('203.0.113.0/24'), entry('2001:db8:1:2::/64', { attackClass: 'xss' })]), call)
    assert.deepEqual(await addresses('200.113.0.203.bl.example.net'), ['127.0.0.3'])
    assert.deepEqual(await addresses(`${nameOf('2001:db8:1:2:aaaa::1')}.bl.example.net`), ['127.0.0.4'])
    assert.deepEqual(await addresses(`${nameOf('2001:db8:1:3::1')}.bl.example.net`), [])
    const aaaa = await dig(`${nameOf('2001:db8:1:2::1')}.bl.example.net`, 'AAAA')
    assert.equal(aaaa.rcode, 'NOERROR')
    assert.equal(aaaa.answers?.length, 0)
  })

  test('the test points of RFC 5782', async () => {
    assert.deepEqual(await addresses('2.0.0.127.bl.example.net'), ['127.0.0.2'])
    assert.deepEqual(await addresses('1.0.0.127.bl.example.net'), [])
    const nibbles = (last: string) => `${last}.0.0.0.0.0.f.7.f.f.f.f.${'0.'.repeat(19)}0`
    assert.deepEqual(await addresses(`${nibbles('2')}.bl.example.net`), ['127.0.0.2'])
    assert.deepEqual(await addresses(`${nibbles('1')}.bl.example.net`), [])
  })

  test('deltas add, extend and take away; what has ended is not listed', async () => {
    const one = entry('203.0.113.20')
    const gone = entry('203.0.113.21', { until: Date.now() + 1500 })
    await list.sync(snapshot([]), call)
    await list.sync({ kind: 'delta', added: [one, gone], removed: [] }, call)
    assert.deepEqual(await list.verify([one, gone], call), ['enforced', 'enforced'])
    await list.sync({ kind: 'delta', added: [], removed: [one] }, call)
    assert.deepEqual(await list.verify([one], call), ['absent'])
    while (Date.now() <= gone.until + 1000) await new Promise((resolve) => setTimeout(resolve, 100))
    assert.deepEqual(await list.verify([gone], call), ['absent'])
  })

  test('is no open resolver, and answers what it does not do', async () => {
    assert.equal((await dig('www.example.com')).rcode, 'REFUSED')
    assert.equal((await dig('bl.example.net', 'AXFR')).rcode, 'REFUSED')
    const soa = await dig('BL.Example.net', 'SOA')
    assert.equal((soa.answers![0] as unknown as { type: string }).type, 'SOA')
    assert.equal(soa.questions?.[0]?.name, 'BL.Example.net')
    assert.equal((await dig('bl.example.net', 'NS')).answers?.length, 1)
    const update = encode({
      type: 'query',
      id: 9,
      flags: 5 << 11,
      questions: [{ type: 'SOA', name: 'bl.example.net' }],
    })
    assert.equal((decode((await exchange(update))!) as unknown as { rcode: string }).rcode, 'NOTIMP')
    const response = encode({ type: 'response', id: 9, questions: [{ type: 'A', name: '2.0.0.127.bl.example.net' }] })
    assert.equal(await exchange(response, 200), undefined, 'an answer to an answer could go on for ever')
  })

  test('EDNS is answered with EDNS, an unknown version with BADVERS', async () => {
    const additionals = [{ type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, extendedRcode: 0, ednsVersion: 0 }]
    const plain = await dig('2.0.0.127.bl.example.net', 'A', { additionals })
    assert.equal((plain.additionals![0] as unknown as { type: string }).type, 'OPT')
    const newer = await dig('2.0.0.127.bl.example.net', 'A', { additionals: [{ ...additionals[0], ednsVersion: 1 }] })
    assert.equal((newer.additionals![0] as unknown as { extendedRcode: number }).extendedRcode, 1)
  })

  test('TCP takes many questions on one connection, in pieces of any size', async () => {
    const question = encode({ type: 'query', id: 3, questions: [{ type: 'A', name: '2.0.0.127.bl.example.net' }] })
    const framed = Buffer.concat([Buffer.from([0, question.length]), question])
    const stream = Buffer.concat([framed, framed, framed])
    const socket = connect(list.ports[0]!, '127.0.0.1')
    let received = Buffer.alloc(0)
    const answered = new Promise<void>((resolve) =>
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk])
        if (received.length >= 3 * (2 + received.readUInt16BE(0))) resolve()
      }),
    )
    for (let i = 0; i < stream.length; i += 7) {
      socket.write(stream.subarray(i, i + 7))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await answered
    socket.destroy()
    assert.equal((decode(received.subarray(2)).answers![0] as unknown as { data: string }).data, '127.0.0.2')
  })

  test('never lists what is special or allowlisted', async () => {
    const hostile = [
      '10.1.2.3',
      '127.0.0.9',
      '192.168.0.0/16',
      'fe80::/64',
      '198.51.100.7',
      '198.51.100.0/23',
      '0.0.0.0/0',
    ]
    await list.sync(snapshot([...hostile.map((value) => entry(value)), entry('203.0.113.5')], ['198.51.100.7']), call)
    for (const name of ['3.2.1.10', '9.0.0.127', '1.1.168.192', '7.100.51.198', '8.100.51.198', '1.1.1.1'])
      assert.deepEqual(await addresses(`${name}.bl.example.net`), [], name)
    assert.deepEqual(await addresses('5.113.0.203.bl.example.net'), ['127.0.0.3'])
  })

  test('an address that has just been allowed is not listed, even within a banned network', async () => {
    await list.sync(snapshot([entry('203.0.113.0/24'), entry('203.0.112.5')]), call)
    const allow = [parseCidr('203.0.113.5')!, parseCidr('203.0.112.0/24')!]
    await list.sync({ kind: 'delta', added: [], removed: [], allow }, call)
    assert.deepEqual(await addresses('5.113.0.203.bl.example.net'), [])
    assert.deepEqual(await addresses('5.112.0.203.bl.example.net'), [])
    assert.deepEqual(await addresses('5.113.0.203.ok.example.net'), ['127.0.0.2'])
    assert.deepEqual(await addresses('6.113.0.203.bl.example.net'), ['127.0.0.3'])
  })

  test('whatever is sent, nothing special or allowlisted is listed', async () => {
    const octet = fc.constantFrom(0, 1, 10, 100, 127, 169, 172, 192, 198, 203, 224, 255)
    const value = fc
      .tuple(octet, octet, octet, octet, fc.constantFrom(32, 32, 31, 24, 16, 8, 0))
      .map(([a, b, c, d, bits]) => parseCidr(`${a}.${b}.${c}.${d}/${bits}`)!.text)
    const wrong: string[] = []
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 20 }), value, async (values, allowed) => {
        await list.sync(
          snapshot(
            [...new Set(values)].map((text) => entry(text)),
            [allowed],
          ),
          call,
        )
        const spared = createCidrSet([parseCidr(allowed)!])
        for (const text of values) {
          const cidr = parseCidr(text)!
          const isListed = (await addresses(`${nameOf(text)}.bl.example.net`)).length > 0
          const first = parseCidr(cidr.address.toString())!
          // The test entry is the one exception, and stands for itself only.
          if (isListed && first.text !== '127.0.0.2' && (specialNetwork(first) || spared.touching(first)))
            wrong.push(text)
        }
      }),
      { numRuns: 100 },
    )
    assert.deepEqual(wrong, [])
  })

  test('after a snapshot only the snapshot is left', async () => {
    await list.sync(
      snapshot(Array.from({ length: 25_000 }, (_, i) => entry(`203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`))),
      call,
    )
    assert.deepEqual(await addresses('9.9.0.203.bl.example.net'), ['127.0.0.3'])
    await list.sync(snapshot([entry('203.0.9.10')]), call)
    assert.deepEqual(await addresses('9.9.0.203.bl.example.net'), [])
    assert.equal(((await list.report!(call)) as { entries: number }).entries, 1)
  })
})

describe('the responder', async () => {
  const { Responder } = await import('./responder.ts')
  const { IndexTable } = await import('./index-table.ts')
  const index = new IndexTable()
  index.put(keyOfText('203.0.113.7')!, { type: 3, code: 3, until: 1_800_000_060, high: 1, low: 2 })
  const responder = new Responder({
    zones: [{ purpose: 'ban', name: 'bl.example.net' }],
    index,
    allow: new IndexTable(),
    allowQuery: [parseCidr('192.0.2.0/24')!],
    ttl: 60,
    soa: {
      nameServer: nameToWire('ns.bl.example.net')!,
      mailbox: nameToWire('hostmaster.bl.example.net')!,
      negativeTtl: 5,
    },
    seconds: () => 1_800_000_000,
    serial: () => 1,
  })
  const out = Buffer.alloc(4096)
  const runs = process.env['RIPOSTE_LONG'] ? 1_000_000 : 20_000
  const seed = encode({
    type: 'query',
    id: 1,
    questions: [{ type: 'A', name: '7.113.0.203.bl.example.net' }],
    additionals: [
      { type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, extendedRcode: 0, ednsVersion: 0 } as never,
    ],
  })

  test('answers nobody whom it does not serve', () => {
    const length = responder.answer(seed, seed.length, '203.0.113.1', out, 4096)
    assert.equal((decode(out.subarray(0, length)) as unknown as { rcode: string }).rcode, 'REFUSED')
  })

  test('lives through any bytes and stays within its limits', () => {
    const mutant = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }).map((changes) => {
        const bytes = Uint8Array.from(seed)
        for (const [at, value] of changes) bytes[at] = value
        return bytes
      }),
      fc.nat(seed.length).map((length) => Uint8Array.from(seed.subarray(0, length))),
    )
    fc.assert(
      fc.property(mutant, (bytes) => {
        const length = responder.answer(bytes, bytes.length, '192.0.2.1', out, 4096)
        if (bytes.length < 12 || (bytes[2]! & 0x80) !== 0) assert.equal(length, 0)
        assert.ok(length <= 1232)
        if (length > 0) {
          assert.ok((out[2]! & 0x80) !== 0, 'an answer says that it is one')
          assert.equal(out[0], bytes[0])
          decode(out.subarray(0, length))
        }
      }),
      { numRuns: runs },
    )
  })
})
