import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { soarPayload } from '../../core/soar-payload.ts'
import { caseEventFixture } from '../../kit/sample-case.ts'
import { Secret } from '../../kit/secret.ts'
import { signatureOf } from '../../kit/standard-webhooks.ts'
import { createApi } from '../server.ts'
import { webhookRoutes } from './routes.ts'
import { openSpool } from './spool.ts'

const KEY = Buffer.from('a-signing-secret-of-32-bytes-xxx').toString('base64')
const NOW = Date.parse('2026-11-27T08:02:00Z')

const open = async (t: TestContext, isOpen = true) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-webhook-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'spool.jsonl')
  const spool = openSpool(file)
  const said: string[] = []
  const line = (fields: object, message: string): void => void said.push(`${message} ${JSON.stringify(fields)}`)
  const log = { debug: line, info: line, warn: line, error: line }
  const settings = () =>
    isOpen ? { token: new Secret('marked-secret-token'), signing: new Secret(`whsec_${KEY}`), spool } : undefined
  const api = await createApi({
    listen: [{ host: '127.0.0.1', port: 0 }],
    log,
    routes: [webhookRoutes({ log, clock: () => NOW, settings })],
  })
  t.after(async () => {
    await api.close()
    await spool.close()
  })
  const post = async (
    body: string,
    headers: Record<string, string> = { authorization: 'Bearer marked-secret-token' },
  ) => {
    const answer = await fetch(`${api.urls[0]}/api/webhook/modsecurity`, { method: 'POST', body, headers })
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> }
  }
  const lines = (): string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return { post, lines, said, file, url: api.urls[0]! }
}

const payload = JSON.stringify(soarPayload(caseEventFixture(), 'modsecurity_waf'))

test('a payload with the token is on the disk when it is answered; many at once, too', async (t) => {
  const { post, lines } = await open(t)
  assert.deepEqual((await post(payload)).status, 202)
  assert.deepEqual(JSON.parse(lines()[0]!), JSON.parse(payload))
  const many = await Promise.all(Array.from({ length: 100 }, (_, i) => post(payload.replace('"e-5f', `"e-${i}`))))
  assert.ok(many.every(({ status }) => status === 202))
  assert.equal(lines().length, 101)
})

test('strangers are refused, once in the log, and their key is not', async (t) => {
  const { post, lines, said } = await open(t)
  for (const headers of [{}, { authorization: 'Bearer wrong-key' }, { authorization: 'marked-secret-token' }])
    assert.equal((await post(payload, headers as Record<string, string>)).status, 401)
  assert.throws(lines)
  assert.equal(said.length, 1)
  assert.ok(!said.join().includes('wrong-key'))
})

test('a signature after Standard Webhooks is as good as the token, within five minutes, and once', async (t) => {
  const { post, lines } = await open(t)
  const signed = (id: string, seconds: number, body = payload) => {
    const signature = createHmac('sha256', Buffer.from(KEY, 'base64'))
      .update(`${id}.${seconds}.${body}`)
      .digest('base64')
    return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,AAAA v1,${signature}` }
  }
  const now = NOW / 1000
  assert.equal((await post(payload, signed('m-1', now))).status, 202)
  assert.equal((await post(payload, signed('m-1', now))).status, 202, 'a repeat is answered alike')
  assert.equal(lines().length, 1, 'and not taken twice')
  assert.equal((await post(payload, signed('m-2', now - 301))).status, 401)
  assert.equal((await post(`${payload} `, signed('m-3', now))).status, 401, 'not for another body')
})

test('the connectivity test of the article is answered helpfully; what is incomplete is told what it lacks', async (t) => {
  const { post, lines, url } = await open(t)
  const { status, json } = await post('{"test": "connectivity"}')
  assert.equal(status, 200)
  assert.match(String(json['message']), /hears you/)
  assert.equal((await post('{')).status, 400)
  assert.deepEqual((await post('{}')).json['problems'], [
    'indicators.ip_address: an address is needed',
    'timestamp: an ISO 8601 time is needed',
    'details.matched_rules: a list is needed',
  ])
  assert.equal((await post('[]')).status, 400)
  assert.equal((await post(`{"x": "${'y'.repeat(300_000)}"}`)).status, 413)
  assert.throws(lines)
  const got = await fetch(`${url}/api/webhook/modsecurity`)
  assert.deepEqual([got.status, got.headers.get('allow')], [405, 'POST'])
})

test('a line break in the payload does not make two lines', async (t) => {
  const { post, lines } = await open(t)
  await post(JSON.stringify({ ...JSON.parse(payload), event_id: 'a\nb\u2028c' }, null, 2))
  assert.equal(lines().length, 1)
})

test('what could not be written is taken when it comes again', async (t) => {
  const { post, lines, file } = await open(t)
  mkdirSync(file)
  const now = String(NOW / 1000)
  const signed = {
    'webhook-id': 'm-9',
    'webhook-timestamp': now,
    'webhook-signature': signatureOf(Buffer.from(KEY, 'base64'), 'm-9', now, payload),
  }
  assert.equal((await post(payload, signed)).status, 500)
  rmdirSync(file)
  assert.equal((await post(payload, signed)).status, 202)
  assert.equal(lines().length, 1)
})

test('a stranger is refused before the body is read', async (t) => {
  const { url } = await open(t)
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  t.after(() => socket.destroy())
  // A body of which nothing ever comes.
  socket.write(`POST /api/webhook/modsecurity HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1\.1 401 /)
})

test('where nothing is received, nothing is', async (t) => {
  const { post } = await open(t, false)
  assert.equal((await post(payload)).status, 404)
})
