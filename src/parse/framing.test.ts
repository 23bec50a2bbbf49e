/** What every framer promises: chunks are invisible, offsets are true, memory is bounded, nothing is lost. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import type { RawRecord } from '../core/event.ts'
import type { Format } from '../kit/parse.ts'
import { FORMATS, formatById } from './formats.ts'

const fixture = (id: string): Buffer => readFileSync(new URL(`./fixtures/${id}.log`, import.meta.url))

const frame = (format: Format, bytes: Uint8Array, cuts: readonly number[], limit: number, start = 0): RawRecord[] => {
  const framer = format.frame({ source: 's', start, limit })
  const records: RawRecord[] = []
  const edges = [0, ...new Set(cuts.map((cut) => cut % (bytes.length + 1))), bytes.length].sort((a, b) => a - b)
  for (let i = 1; i < edges.length; i++) {
    records.push(...framer.push(Buffer.from(bytes.subarray(edges[i - 1], edges[i])), start + edges[i - 1]!))
    assert.ok(framer.consumed <= start + edges[i]!)
  }
  records.push(...framer.end())
  assert.equal(framer.consumed, start + bytes.length)
  return records
}

const plain = (records: readonly RawRecord[]) =>
  records.map(({ bytes, ref, cut }) => ({ text: Buffer.from(bytes).toString('latin1'), ref, cut }))

/** Bytes that matter to framers, in any order. */
const atoms = [
  '\n',
  '\r\n',
  '\0',
  '{"transaction":{"request":{"body":"',
  '"}}}',
  '\\"',
  '\\u0041',
  '--387c942f-A--\n[06/Mar/2026:09:15:02 +0100] x 203.0.113.9 1 192.0.2.1 1\n',
  '--387c942f-B--\nPOST / HTTP/1.1\nContent-Length: 20\n\n',
  '--387c942f-C--\n',
  '--387c942f-H--\n',
  '--387c942f-Z--\n',
  '---aB3dE5gH---A--\n',
  '---aB3dE5gH---E--\n',
  '---aB3dE5gH---Z--',
  '--',
  '\xff\xc3',
  'x'.repeat(90),
]
const stream = fc
  .array(fc.constantFrom(...atoms), { maxLength: 40 })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'))

for (const id of ['auto', 'modsec3-json', 'modsec2-native', 'access-combined']) {
  const format = formatById(id)!
  test(`${id}: any chunking gives the same records`, () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.constantFrom(64, 300, 4096),
        (bytes, cuts, limit) => {
          assert.deepEqual(plain(frame(format, bytes, cuts, limit)), plain(frame(format, bytes, [], limit)))
        },
      ),
      { numRuns: 400 },
    )
  })

  test(`${id}: records lie where they say, in order, and nothing but separators lies between them`, () => {
    fc.assert(
      fc.property(stream, fc.constantFrom(64, 4096), (bytes, limit) => {
        let end = 0
        for (const { bytes: kept, ref, cut } of frame(format, bytes, [], limit)) {
          assert.match(bytes.subarray(end, ref.offset).toString('latin1'), /^[\r\n\0]*$/)
          if (!cut) assert.deepEqual(Buffer.from(kept), bytes.subarray(ref.offset, ref.offset + ref.length))
          // A framer may mend the end of a shortened body by one newline, and keeps boundary lines in any case.
          assert.ok(kept.length <= limit + 100)
          end = ref.offset + ref.length
        }
        assert.match(bytes.subarray(end).toString('latin1'), /^[\r\n\0]*$/)
      }),
      { numRuns: 300 },
    )
  })

  test(`${id}: a restart where it was consumed goes on with the same records`, () => {
    fc.assert(
      fc.property(stream, fc.nat(), (bytes, at) => {
        const stop = at % (bytes.length + 1)
        const framer = format.frame({ source: 's', start: 0, limit: 4096 })
        const before = [...framer.push(bytes.subarray(0, stop), 0)]
        const from = framer.consumed
        const after = frame(format, bytes.subarray(from), [], 4096, from)
        assert.deepEqual(plain([...before, ...after]), plain(frame(format, bytes, [], 4096)))
      }),
      { numRuns: 300 },
    )
  })
}

test('every fixture, byte by byte, through every format', () => {
  for (const format of FORMATS) {
    const bytes = fixture(format.id === 'auto' ? 'modsec3-native' : format.id)
    const cuts = Array.from(bytes.keys())
    assert.deepEqual(plain(frame(format, bytes, cuts, 1 << 20)), plain(frame(format, bytes, [], 1 << 20)))
  }
})

const KIB = 1024

test('a JSON line beyond the limit keeps its rules: long strings are shortened, the rest is whole', () => {
  const format = formatById('modsec3-json')!
  const limit = 64 * KIB
  const body = (size: number) => '\\\\\\"}]\\u00e9é'.repeat(Math.ceil(size / 16))
  const line = `{"transaction":{"client_ip":"203.0.113.9","time_stamp":"Fri Mar  6 09:15:02 2026","unique_id":"x","request":{"method":"POST","uri":"/up","body":"${body(300 * KIB)}","headers":{"Host":"shop.example"}},"response":{"body":"${body(900 * KIB)}","http_code":403,"headers":{}},"messages":[{"message":"m","details":{"ruleId":"942100","severity":"2","data":"${body(90 * KIB)}"}}]}}`
  const bytes = Buffer.from(`${line}\n`)
  for (const cuts of [[], [1, 65_536, 65_537, 700_001]]) {
    const [record, ...others] = frame(format, bytes, cuts, limit)
    assert.deepEqual(others, [])
    assert.equal(record!.ref.length, bytes.length - 1)
    assert.equal(record!.cut! + record!.bytes.length, bytes.length - 1)
    assert.ok(record!.bytes.length < limit)
    const parsed = format.parse(record!, { zoneMinutes: () => 0 })
    assert.ok('transaction' in parsed, JSON.stringify(parsed))
    assert.equal(parsed.transaction.matches[0]?.ruleId, 942100)
    assert.equal(parsed.transaction.status, 403)
    assert.deepEqual(parsed.transaction.headers, [['Host', 'shop.example']])
  }
})

test('a line that cannot be shortened is rejected with the count of what was cut', () => {
  for (const id of ['modsec3-json', 'auto', 'access-combined', 'nginx-error', 'modsec2-native']) {
    const format = formatById(id)!
    const bytes = Buffer.from(`${'['.repeat(10_000_000)}\nx\n`)
    const [record, next] = frame(format, bytes, [4_000_000], 1000)
    assert.equal(record!.cut, 9_999_000)
    assert.equal(next!.ref.offset, 10_000_001)
    const parsed = format.parse(record!, { zoneMinutes: () => 0 })
    assert.equal('unread' in parsed && parsed.unread.code, 'RECORD_TOO_LONG', id)
  }
})

test('a native record beyond the limit loses bytes of its body, never its rules', () => {
  const format = formatById('modsec2-native')!
  const head = '--387c942f-A--\n[06/Mar/2026:09:15:02 +0100] x 203.0.113.9 1 192.0.2.1 1\n'
  const request = '--387c942f-B--\nPOST / HTTP/1.1\nContent-Length: 3000000\n\n'
  const rest = '--387c942f-H--\nMessage: Warning. x [id "942100"]\n\n--387c942f-Z--\n'
  const bytes = Buffer.from(`${head}${request}--387c942f-C--\n${'payload\n'.repeat(375_000)}\n${rest}`)
  const [record, ...others] = frame(format, bytes, [9, 99_999, 2_999_999], 100_000)
  assert.deepEqual(others, [])
  assert.ok(record!.cut! > 2_900_000 && record!.bytes.length < 60_000)
  const parsed = format.parse(record!, { zoneMinutes: () => 0 })
  assert.ok('transaction' in parsed)
  assert.equal(parsed.transaction.matches[0]?.ruleId, 942100)
})
