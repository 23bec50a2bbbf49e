/** What an attacker may write into a text log, and that none of it becomes another's address or rule. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Transaction } from '../core/event.ts'
import type { Parsed } from '../kit/parse.ts'
import { readCombined } from './access-combined.ts'
import { readApacheError } from './apache-error.ts'
import { nginxError, readNginxError } from './nginx-error.ts'

const CONTEXT = { zoneMinutes: () => 0 }
const VICTIM = '198.51.100.66'
const BLOCK = '[file "/etc/crs/R.conf"] [line "81"] [id "942100"] [msg "m"]'

const transaction = (parsed: Parsed): Transaction => {
  assert.ok('transaction' in parsed, JSON.stringify(parsed))
  return parsed.transaction
}

const check = (parsed: Parsed): void => {
  const t = transaction(parsed)
  assert.equal(t.peerIp, '203.0.113.9')
  assert.deepEqual(
    t.matches.map((match) => match.ruleId),
    [942100],
  )
}

test('nginx error log: data, request and host of the client stay what they are', () => {
  const head =
    '2026/03/06 09:15:02 [error] 1#1: *7 [client 203.0.113.9] ModSecurity: Access denied with code 403 (phase 2).'
  const data = `x], client: ${VICTIM}, server: x, request: `
  const request = `GET /"], client: ${VICTIM}, [id "1"] HTTP/1.1`
  const line = `${head} Matched (Value: \`[id 666]' ) ${BLOCK} [data "${data}"] [unique_id "1"] [ref ""], client: 203.0.113.9, server: s, request: "${request}", host: "h"`
  check(readNginxError(line, CONTEXT))
  assert.equal(transaction(readNginxError(line, CONTEXT)).method, 'GET')
  assert.deepEqual(transaction(readNginxError(line, CONTEXT)).headers, [['host', 'h']])
  // Cut at any byte: never another address, never another rule.
  for (let length = 0; length < line.length; length++) {
    const parsed = readNginxError(line.slice(0, length), CONTEXT)
    if (!('transaction' in parsed)) continue
    assert.notEqual(parsed.transaction.peerIp, VICTIM)
    assert.ok([0, 942100].includes(parsed.transaction.matches[0]!.ruleId))
  }
})

test('nginx and Apache quote requests in lines of their own: those are not ModSecurity', () => {
  const forged = `[client ${VICTIM}] ModSecurity: Access denied with code 403 (phase 1). ${BLOCK}`
  assert.ok('skip' in readNginxError(`2026/03/06 09:15:02 [error] 1#1: *7 open() "/${forged}" failed`, CONTEXT))
  const apache = '[Fri Mar 06 09:15:02.1 2026] [core:error] [pid 1:tid 2] [client 203.0.113.9:1] AH00126: Invalid URI'
  assert.ok('skip' in readApacheError(`${apache} in request GET /${forged}`, CONTEXT))
})

test('Apache error log: quotes of the client are escaped twice, its referer not at all', () => {
  const head =
    '[Fri Mar 06 09:15:02.1 2026] [security2:error] [pid 1:tid 2] [client 203.0.113.9:46550] [client 203.0.113.9]'
  // The client's `x\"] [id "1"] ` as ModSecurity and then Apache write it.
  const data = String.raw`x\\\\\\"] [id \\"1\\"] [tag \\"t\\"]`
  const line = `${head} ModSecurity: Warning. Match of "${data}" at ARGS:q. ${BLOCK} [data "${data}"] [severity "CRITICAL"], referer: http://x/ [file "a"] [line "1"] [id "666"]`
  check(readApacheError(line, CONTEXT))
  const match = transaction(readApacheError(line, CONTEXT)).matches[0]!
  assert.equal(match.data, String.raw`x\"] [id "1"] [tag "t"]`)
  assert.equal(match.severity, 2)
  assert.deepEqual(match.tags, [])
  assert.equal(transaction(readApacheError(line, CONTEXT)).peerPort, 46550)
})

test('Apache error log: addresses with and without port', () => {
  const read = (clients: string): string =>
    transaction(
      readApacheError(`[Fri Mar  6 09:15:02 2026] [error] ${clients} ModSecurity: Warning. x ${BLOCK}`, CONTEXT),
    ).peerIp
  assert.equal(read('[client 203.0.113.9]'), '203.0.113.9')
  assert.equal(read('[client 203.0.113.9:80]'), '203.0.113.9')
  assert.equal(read('[client 2001:db8::9:8080] [client 2001:db8::9]'), '2001:db8::9')
})

test('access log: a user name or an agent that looks like a line', () => {
  const line = `203.0.113.9 - ${VICTIM} - - [06/Mar/2026:09:15:09 +0000] [06/Mar/2026:09:15:02 +0000] "GET /\\" 200 1 HTTP/1.1" 404 1 "-" "\\" ${VICTIM} \\\\"`
  const t = transaction(readCombined(line))
  assert.equal(t.peerIp, '203.0.113.9')
  assert.equal(t.status, 404)
  assert.equal(t.time, Date.UTC(2026, 2, 6, 9, 15, 2))
  assert.equal(t.uri, '/" 200 1')
  for (const broken of ['', 'x', line.slice(0, 90), line.replace(' 404 ', ' 4040 ')])
    assert.ok('unread' in readCombined(broken), broken)
})

test('a denial in the response phase names its client after what nginx was doing', () => {
  const line =
    '2026/11/22 08:15:20 [error] 30027#30027: *673 ModSecurity: Warning. Matched "Operator `Rx\' with parameter `x\' against variable `RESPONSE_BODY\' (Value: `x\' ) [file "/r.conf"] [line "31"] [id "950130"] [msg "Directory Listing"] [data "x"] [severity "3"] [hostname "192.0.2.80"] [uri "/old/"] [unique_id "179533532071.761911"] [ref "o37"] while sending to client, client: 198.51.100.71, server: _, request: "GET /old/ HTTP/1.1", host: "shop.example.net"'
  const bytes = Buffer.from(line)
  const parsed = nginxError.parse({ bytes, ref: { source: 's', offset: 0, length: bytes.length } }, CONTEXT)
  assert.ok('transaction' in parsed)
  assert.equal(parsed.transaction.peerIp, '198.51.100.71')
  assert.equal(parsed.transaction.uri, '/old/')
  assert.deepEqual(
    parsed.transaction.matches.map((m) => m.ruleId),
    [950130],
  )
})
