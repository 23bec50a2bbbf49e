import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import test from 'node:test'
import type { RawRecord } from '../core/event.ts'
import { iso } from '../core/time.ts'
import type { Format, Parsed } from '../kit/parse.ts'
import { detect, FORMATS, formatById } from './formats.ts'

const folder = new URL('./fixtures/', import.meta.url)
const fixture = (id: string): Buffer => readFileSync(new URL(`${id}.log`, folder))
const named = FORMATS.filter((format) => format.id !== 'auto')
const CONTEXT = { zoneMinutes: () => 60 }
const LIMIT = 1 << 20

const run = (format: Format, bytes: Uint8Array, limit = LIMIT): { record: RawRecord; parsed: Parsed }[] => {
  const framer = format.frame({ source: 'test', start: 0, limit })
  return [...framer.push(bytes, 0), ...framer.end()].map((record) => ({
    record,
    parsed: format.parse(record, CONTEXT),
  }))
}

const golden = (parsed: Parsed): unknown =>
  'transaction' in parsed ? { ...parsed.transaction, time: iso(parsed.transaction.time) } : parsed

for (const format of named) {
  test(`${format.id}: every field of its fixture`, () => {
    const found = run(format, fixture(format.id)).map(({ parsed }) => golden(parsed))
    const file = new URL(`${format.id}.golden.json`, folder)
    // RIPOSTE_GOLDEN=write records; then read the diff.
    if (process.env['RIPOSTE_GOLDEN'] === 'write') writeFileSync(file, `${JSON.stringify(found, null, 1)}\n`)
    assert.deepEqual(JSON.parse(JSON.stringify(found)), JSON.parse(readFileSync(file, 'utf8')))
  })

  test(`${format.id}: auto reads its records the same`, () => {
    const bytes = fixture(format.id)
    assert.deepEqual(run(formatById('auto')!, bytes), run(format, bytes))
  })

  test(`${format.id}: detected from the first bytes, torn, after garbage and a byte-order mark`, () => {
    const bytes = fixture(format.id)
    const mark = Buffer.from('\ufeff\r\n\n')
    const garbage = Buffer.from('ote=x","broken":\n</html>\n\n')
    for (const sample of [bytes, bytes.subarray(0, 180), Buffer.concat([mark, bytes]), Buffer.concat([garbage, bytes])])
      assert.equal(detect(sample)?.id, format.id)
  })
}

test('nothing is detected in what fits no format', () => {
  for (const text of ['', '\n\n', 'hello', '{}', '{"a":1}\n[1]\n', '\0\xff', `{"x":"\\"audit_data\\":1`])
    assert.equal(detect(Buffer.from(text, 'latin1')), undefined)
})

test('auto follows a log that changes its format at every record', () => {
  const lines = named.flatMap((format) => run(format, fixture(format.id)).map(({ record }) => record.bytes))
  const newline = Buffer.from('\n')
  const shuffled = lines.map((line, i) => ({ line, key: (i * 7919) % lines.length })).sort((a, b) => a.key - b.key)
  const log = Buffer.concat(shuffled.flatMap(({ line }) => [line, newline]))
  const expected = shuffled.map(({ line }) => Buffer.from(line).toString('latin1'))
  const found = run(formatById('auto')!, log)
  assert.deepEqual(
    found.map(({ record }) => Buffer.from(record.bytes).toString('latin1')),
    expected,
  )
  // Every fixture record is a transaction or a skipped line under auto too.
  assert.deepEqual(
    found.filter(({ parsed }) => 'unread' in parsed),
    [],
  )
})

test('auto says what an index line is, and what it does not know', () => {
  const auto = formatById('auto')!
  const index =
    'shop.example 203.0.113.9 - [06/Mar/2026:09:15:02 +0000] "GET / HTTP/1.1" 403 1 - "ua" 177.1 - /a/20260306/20260306-0915/20260306-091502-177.1 0 9.000000 md5:00000000000000000000000000000000'
  const codes = run(auto, Buffer.from(`${index}\nwhat is this\n{"a":1}\n{"transaction":{}}\n[]\n{"tra`)).map(
    ({ parsed }) => ('unread' in parsed ? parsed.unread.code : 'read'),
  )
  assert.deepEqual(codes, [
    'INDEX_SHAPE',
    'FORMAT_UNKNOWN',
    'FORMAT_UNKNOWN',
    'JSON_SHAPE',
    'FORMAT_UNKNOWN',
    'RECORD_TORN',
  ])
})

test('a rejection names no byte of the record', () => {
  const secret = 's3cr3t-token'
  for (const format of FORMATS)
    for (const text of [
      secret,
      `{"transaction":{"client_ip":"${secret}"}}`,
      `{"transaction":"${secret}`,
      `[${secret}] x`,
    ])
      for (const { parsed } of run(format, Buffer.from(text)))
        assert.ok(!JSON.stringify(parsed).includes(secret), format.id)
})
