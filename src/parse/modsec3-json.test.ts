import assert from 'node:assert/strict'
import test from 'node:test'
import type { Transaction } from '../core/event.ts'
import type { Parsed } from '../kit/parse.ts'
import { modsec3Json } from './modsec3-json.ts'

const parse = (line: string | Uint8Array, zoneMinutes = 0): Parsed => {
  const bytes = typeof line === 'string' ? Buffer.from(line) : line
  return modsec3Json.parse(
    { bytes, ref: { source: 's', offset: 0, length: bytes.length } },
    { zoneMinutes: () => zoneMinutes },
  )
}

const transaction = (line: string | Uint8Array, zoneMinutes = 0): Transaction => {
  const parsed = parse(line, zoneMinutes)
  assert.ok('transaction' in parsed, JSON.stringify(parsed))
  return parsed.transaction
}

const code = (line: string | Uint8Array): string => {
  const parsed = parse(line)
  return 'unread' in parsed ? parsed.unread.code : 'read'
}

const record = (fields = '', time = 'Fri Mar  6 09:15:02 2026', id = 'abc'): string =>
  `{"transaction":{"client_ip":"203.0.113.9","time_stamp":"${time}","unique_id":"${id}"${fields}}}`

test('a time without a zone is placed by the epoch in the id, else by the configured zone', () => {
  const epoch = '177278850242.123456'
  const utc = Date.UTC(2026, 2, 6, 9, 15, 2)
  assert.equal(transaction(record('', 'Fri Mar  6 09:15:02 2026', epoch), 330).time, utc)
  assert.equal(transaction(record('', 'Fri Mar  6 04:15:02 2026', epoch)).time, utc)
  assert.equal(transaction(record('', 'Fri Mar  6 15:00:02 2026', epoch)).time, utc, 'Nepal: +05:45')
  // A forged or foreign id does not move the clock.
  assert.equal(transaction(record('', 'Fri Mar  6 09:15:02 2026', '177278000042.123456'), 60).time, utc - 3_600_000)
  assert.equal(transaction(record('', 'Fri Mar  6 09:15:02 2026', '1772788502abcdef'), 60).time, utc - 3_600_000)
  assert.equal(code(record('', 'Fri Feb 30 09:15:02 2026')), 'TIME_INVALID')
  assert.equal(code(record('', '')), 'TIME_INVALID')
})

test('repeated header names are kept, whatever they are called', () => {
  const headers = (text: string) =>
    transaction(record(`,"request":{"headers":{${text}}},"response":{"headers":{"Set-Cookie":"a","Set-Cookie":"b"}}`))
  const twice = headers('"Cookie":"a=\\"1\\"","Cookie":"b\\\\","cookie":"\\u00e9","__proto__":"p","__proto__":"q"')
  assert.deepEqual(twice.headers, [
    ['Cookie', 'a="1"'],
    ['Cookie', 'b\\'],
    ['cookie', 'é'],
    ['__proto__', 'p'],
    ['__proto__', 'q'],
  ])
  assert.deepEqual(twice.responseHeaders, [
    ['Set-Cookie', 'a'],
    ['Set-Cookie', 'b'],
  ])
  assert.deepEqual(headers('"a":"\\"headers\\":{\\"b\\":\\"c\\"}","toString":"d"').headers, [
    ['a', '"headers":{"b":"c"}'],
    ['toString', 'd'],
  ])
  assert.equal(({} as Record<string, unknown>)['p'], undefined)
})

test('bytes that are no UTF-8 cost no byte of the body', () => {
  const line = Buffer.from(record(',"request":{"body":"t=\xff\xfe","uri":"/\xfc"}'), 'latin1')
  assert.equal(transaction(line).body, 't=\xff\xfe')
  assert.equal(transaction(line).uri, '/\xfc')
  const utf8 = transaction(record(',"request":{"body":"é€","uri":"/é"}'))
  assert.equal(Buffer.from(utf8.body!, 'latin1').toString('utf8'), 'é€')
  assert.equal(utf8.uri, '/é')
})

test('what is missing is absent: part H, severity, body, status', () => {
  const bare = transaction(record())
  assert.equal(bare.hasMatches, false)
  assert.equal(bare.status, 0)
  assert.ok(!('body' in bare) && !('engineMode' in bare) && !('intercepted' in bare) && !('peerPort' in bare))
  assert.equal(transaction(record(',"messages":[]')).hasMatches, true)
  assert.deepEqual(transaction(record(',"messages":null')).matches, [])
  const severities = ['"2"', '2', '"CRITICAL"', '"0"', '""', '"9"', 'null', '{}'].map(
    (severity) =>
      transaction(record(`,"messages":[{"message":"m","details":{"ruleId":"7","severity":${severity}}}]`)).matches[0]
        ?.severity,
  )
  assert.deepEqual(severities, [2, 2, 2, 0, undefined, undefined, undefined, undefined])
  assert.equal(transaction(record(',"is_interrupted":true')).intercepted, true)
  assert.equal(transaction(record(',"producer":{"secrules_engine":"DetectionOnly"}')).engineMode, 'detection')
})

test('says why it gave up', () => {
  assert.equal(code(''), 'RECORD_EMPTY')
  assert.equal(code(' \r'), 'RECORD_EMPTY')
  assert.equal(code('{"error":"ModSecurity was not compiled with JSON support."}'), 'JSON_UNSUPPORTED_BUILD')
  assert.equal(code('{"transaction":[]}'), 'JSON_SHAPE')
  assert.equal(code('[]'), 'JSON_SHAPE')
  assert.equal(code('7'), 'JSON_SHAPE')
  assert.equal(code('ent":"x"}}'), 'JSON_INVALID')
  assert.equal(code('{"transaction":{"client_ip":}}'), 'JSON_INVALID')
  assert.equal(code(record().slice(0, -2)), 'RECORD_TORN')
  assert.equal(code('['.repeat(100_000)), 'JSON_INVALID')
  assert.equal(code('{"a":'.repeat(100_000)), 'RECORD_TORN')
  assert.equal(code(`{"transaction":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 'JSON_SHAPE')
  for (const address of ['unix:', '', '203.0.113.256', '0x7f.1', 'shop.example', '203.0.113.9:80'])
    assert.equal(code(record().replace('203.0.113.9', address)), 'ADDRESS_INVALID', address)
})
