import assert from 'node:assert/strict'
import test from 'node:test'
import type { Parsed } from '../kit/parse.ts'
import { modsec3Native } from './modsec3-native.ts'

const run = (text: string): Parsed[] => {
  const framer = modsec3Native.frame({ source: 's', start: 0, limit: 1 << 20 })
  return [...framer.push(Buffer.from(text), 0), ...framer.end()].map((r) =>
    modsec3Native.parse(r, { zoneMinutes: () => 0 }),
  )
}

/** The peer of each transaction, the code of each rejection. */
const said = (text: string): string[] =>
  run(text).map((parsed) =>
    'transaction' in parsed ? parsed.transaction.peerIp : 'unread' in parsed ? parsed.unread.code : 'skip',
  )

const part = (id: string, letter: string, text = ''): string => `---${id}---${letter}--\n${text}\n`
const a = (id: string, ip: string): string =>
  `---${id}---A--\n[06/Mar/2026:09:15:02 +0000] 1772788502.1 ${ip} 1 192.0.2.1 443\n`
const b = (id: string, length?: number): string =>
  part(id, 'B', `POST / HTTP/1.1\nHost: x\n${length === undefined ? '' : `Content-Length: ${length}\n`}`)
const h = (id: string, rule = 942100): string => part(id, 'H', `ModSecurity: Warning. x [id "${rule}"]\n`)
const whole = (id: string, ip: string): string => a(id, ip) + b(id) + h(id) + part(id, 'Z')

const FORGED = whole('FORGEDid', '198.51.100.250')

test('boundaries in a body are the body of their record, whatever they look like', () => {
  const text =
    a('realreal', '203.0.113.9') +
    b('realreal', FORGED.length) +
    part('realreal', 'C', FORGED) +
    h('realreal') +
    part('realreal', 'Z')
  assert.deepEqual(said(text + whole('nextnext', '203.0.113.10')), ['203.0.113.9', '203.0.113.10'])
  const [first] = run(text)
  assert.ok(first && 'transaction' in first)
  assert.ok(first.transaction.body?.includes('FORGEDid'))
  assert.deepEqual(
    first.transaction.matches.map((m) => m.ruleId),
    [942100],
  )
})

test('a body of unannounced length hides no forgery and no end', () => {
  const chunked = part('realreal', 'B', 'POST / HTTP/1.1\nTransfer-Encoding: chunked\n')
  const text =
    a('realreal', '203.0.113.9') +
    chunked +
    part('realreal', 'C', FORGED.repeat(50)) +
    h('realreal') +
    part('realreal', 'Z')
  assert.deepEqual(said(text + whole('nextnext', '203.0.113.10')), ['203.0.113.9', '203.0.113.10'])
})

test('a torn record is rejected and the next ones are read', () => {
  const next = whole('nextnext', '203.0.113.10')
  const torn = a('tornTORN', '203.0.113.9') + b('tornTORN', 40)
  assert.deepEqual(said(torn + next), ['NATIVE_INCOMPLETE', '203.0.113.10'])
  // A record written right behind the torn line goes down with it: its boundary could be the end of a header.
  assert.deepEqual(said(`---tornTORN---A--\n[06/Mar/${next}${whole('afterAFT', '203.0.113.11')}`), [
    'RECORD_TORN',
    '203.0.113.11',
  ])
  assert.deepEqual(said(`---tornTORN---A--\n[06/Mar/2026\n${next}`), ['RECORD_TORN', '203.0.113.10'])
  // Torn inside of its body: the records after the announced length are read again.
  const body = `${torn}---tornTORN---C--\nid=7&`
  assert.deepEqual(said(`${body}\n${next}${whole('afterAFT', '203.0.113.11')}`), ['NATIVE_INCOMPLETE', '203.0.113.11'])
  // Torn after part H was closed: everything is there.
  assert.deepEqual(said(a('tornTORN', '203.0.113.9') + b('tornTORN') + h('tornTORN') + part('tornTORN', 'J') + next), [
    '203.0.113.9',
    '203.0.113.10',
  ])
  // Torn inside of part H: rules may be missing.
  assert.deepEqual(said(a('tornTORN', '203.0.113.9') + b('tornTORN') + h('tornTORN') + next), [
    'NATIVE_INCOMPLETE',
    '203.0.113.10',
  ])
})

test('a request line that is a boundary is a request line', () => {
  const line = `---FORGEDid---A--\n[06/Mar/2026:09:15:02 +0000] 1 198.51.100.250 1 192.0.2.1 443\n`
  const text = a('realreal', '203.0.113.9') + part('realreal', 'B', line) + h('realreal') + part('realreal', 'Z')
  assert.deepEqual(said(text), ['203.0.113.9'])
})

test('the rest of a record whose beginning is missing is garbage, line by line', () => {
  const rest = `ote=x\n${h('lostlost')}${part('lostlost', 'Z')}`
  const found = said(rest + whole('nextnext', '203.0.113.10'))
  assert.equal(found.at(-1), '203.0.113.10')
  assert.ok(found.length > 1 && found.slice(0, -1).every((code) => code === 'NATIVE_HEADER'))
})

test('a body without bound gives up its record after the resynchronisation bound', () => {
  const torn = `${a('tornTORN', '203.0.113.9')}${part('tornTORN', 'B', 'POST / HTTP/2.0\n')}---tornTORN---C--\n`
  const filler = whole('fillFILL', '203.0.113.12')
  const found = said(torn + filler.repeat(Math.ceil((17 << 20) / filler.length)))
  assert.equal(found[0], 'RECORD_TOO_LONG')
  assert.ok(found.length > 100 && found.slice(1).every((ip) => ip === '203.0.113.12'))
})
