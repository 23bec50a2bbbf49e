import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode } from 'dns-packet'
import fc from 'fast-check'
import { readAnswers, readName, serialOf, textOf } from './read-records.ts'
import { UpdateMessage } from './update.ts'
import { nameToWire, TYPE } from './wire.ts'
import { follows, nextSerial } from './zone-serial.ts'

const ZONE = 'bl.example.net'

/** Every record of the prerequisite and update sections, read without our reader: pointers followed by hand. */
const recordsOf = (message: Buffer) => {
  const name = (at: number): readonly [string, number] => {
    const labels: string[] = []
    for (let place = at, end = 0; ; ) {
      const size = message[place]!
      if (size === 0) return [labels.join('.'), end || place + 1]
      if (size >= 192) {
        end ||= place + 2
        place = message.readUInt16BE(place) & 0x3fff
        continue
      }
      labels.push(message.toString('latin1', place + 1, place + 1 + size))
      place += size + 1
    }
  }
  let at = name(12)[1] + 4
  const count = message.readUInt16BE(6) + message.readUInt16BE(8)
  return Array.from({ length: count }, () => {
    const [owner, head] = name(at)
    const size = message.readUInt16BE(head + 8)
    at = head + 10 + size
    return {
      owner,
      type: message.readUInt16BE(head),
      class: message.readUInt16BE(head + 2),
      ttl: message.readUInt32BE(head + 4),
      data: message.subarray(head + 10, at),
    }
  })
}

test('a full message says what was asked for, record by record, within 64 KiB', () => {
  const names = Array.from({ length: 600 }, (_, i) => `${i % 256}.${i >> 8}${'.a'.repeat(30)}`)
  const message = new UpdateMessage(7, nameToWire(ZONE)!)
  message.expectText('_mark', 'one')
  let put = 0
  for (; !message.isFull; put++)
    message.replace(names[put]!, put % 2 === 0 ? { code: 3, reference: 'R-1', ttl: 60 } : undefined)
  message.replaceText('_mark', 'two')
  const bytes = message.finish()
  assert.ok(put > 100 && bytes.length < 65_000, `${put} names, ${bytes.length} bytes`)
  assert.equal(bytes[2]! >> 3, 5)
  const [expected, ...updates] = recordsOf(bytes)
  assert.deepEqual(
    [expected!.owner, expected!.class, expected!.type, textOf(expected!.data)],
    [`_mark.${ZONE}`, 1, TYPE.TXT, 'one'],
  )
  let at = 0
  for (let i = 0; i < put; i++) {
    const mine = updates.slice(at, at + (i % 2 === 0 ? 4 : 2))
    at += mine.length
    assert.deepEqual(
      mine.map(({ owner, type, class: cls }) => [owner, type, cls]),
      [
        [TYPE.A, 255],
        [TYPE.TXT, 255],
        [TYPE.A, 1],
        [TYPE.TXT, 1],
      ]
        .slice(0, mine.length)
        .map(([type, cls]) => [`${names[i]}.${ZONE}`, type, cls]),
    )
    if (mine[2]) assert.deepEqual([[...mine[2].data], mine[2].ttl], [[127, 0, 0, 3], 60])
  }
  assert.equal(textOf(updates.at(-1)!.data), 'two')
})

test('a condition that a text is absent', () => {
  const message = new UpdateMessage(7, nameToWire(ZONE)!)
  message.expectText('_mark', undefined)
  const [expected] = recordsOf(message.finish())
  assert.deepEqual([expected!.class, expected!.data.length], [254, 0])
})

test('reads answers as another reader does', () => {
  const label = fc.stringMatching(/^[a-z0-9*_-]{1,20}$/)
  const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'))
  fc.assert(
    fc.property(fc.array(fc.record({ name, text: fc.stringMatching(/^[A-Z0-9-]{0,40}$/), ttl: fc.nat() })), (rows) => {
      const answers = rows.map(({ name: owner, text, ttl }) => ({ type: 'TXT' as const, name: owner, data: text, ttl }))
      const read = readAnswers(encode({ type: 'response', id: 1, questions: [], answers }))!
      assert.deepEqual(
        read.map((record) => ({ name: record.name, text: textOf(record.data), ttl: record.ttl })),
        rows.map((row) => ({ ...row })),
      )
    }),
  )
  const soa = { mname: 'ns.x', rname: 'h.x', serial: 4_000_000_000, refresh: 1, retry: 2, expire: 3, minimum: 4 }
  const [record] = readAnswers(
    encode({ type: 'response', id: 1, answers: [{ type: 'SOA', name: ZONE, ttl: 5, data: soa }] }),
  )!
  assert.equal(serialOf(record!.data), 4_000_000_000)
})

test('no bytes make it throw or go in circles', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.uint8Array({ minLength: 12, maxLength: 12 }), (tail, head) => {
      const message = Buffer.concat([head, tail])
      message.writeUInt16BE(head[5]! & 3, 4)
      message.writeUInt16BE(head[7]! & 7, 6)
      for (const { data } of readAnswers(message) ?? []) void [textOf(data), serialOf(data)]
      readName(message, 12)
    }),
    { numRuns: 5000 },
  )
  const loop = Buffer.from('000080000000000100000000c00c00010001000000000000', 'hex')
  assert.equal(readAnswers(loop), undefined)
  const spoofed = encode({ type: 'response', id: 1, answers: [{ type: 'A', name: 'aXb', ttl: 1, data: '127.0.0.2' }] })
  spoofed[spoofed.indexOf('X')] = 46
  assert.equal(readAnswers(spoofed)![0]!.name, 'a\\046b', 'a dot within a label does not part it')
  assert.ok(decode(spoofed))
})

test('serials follow each other by RFC 1982, whatever numbering they come from', () => {
  const serial = fc.nat({ max: 0xffffffff })
  fc.assert(
    fc.property(fc.nat({ max: 4_000_000_000_000 }), serial, (now, last) => {
      assert.ok(follows(nextSerial(now, [last]), last))
      assert.ok(!follows(last, nextSerial(now, [last])))
    }),
  )
  assert.equal(nextSerial(1_800_000_000_000, [undefined, 1]), 1_800_000_000)
  assert.equal(nextSerial(1_800_000_000_000, [2_026_112_601]), 2_026_112_602)
  assert.equal(nextSerial(1_000, [0xffffffff]), 1)
  assert.equal(nextSerial(0, [0xffffffff]), 0)
})
