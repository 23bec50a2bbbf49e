/** The endpoint as strangers, careless and slow clients meet it; what bouncers are given is in delivery.test.ts and test/differential. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { StreamAnswer } from '../../../test/differential/bouncer-model.ts'
import { KEY, openEndpoint } from '../../../test/real/bouncer-endpoint.ts'
import { readPace } from './pace.ts'

const asking =
  (base: string) =>
  (path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> =>
    fetch(base + path, { ...init, headers: { 'x-api-key': KEY, 'user-agent': 'test/1', ...init.headers } })

test('a question that cannot be read is never answered with a decision', async (t) => {
  const { url, ban } = await openEndpoint(t)
  const ask = asking(url)
  ban('203.0.113.7', 60)
  for (const query of [
    'ip=',
    'ip=x',
    'range=',
    'range=203.0.113.0/33',
    'ip=203.0.113.7&contains=',
    'ip=&ip=203.0.113.7',
  ]) {
    const answer = await ask(`/v1/decisions?${query}`)
    assert.equal(answer.status, 400, query)
    assert.match(await answer.text(), /^\{"message":"/)
  }
  for (const query of ['value=', 'value=nobody', 'ip=203.0.113.8&ip=203.0.113.7', 'type=captcha', 'scope=range'])
    assert.equal(await (await ask(`/v1/decisions?${query}`)).text(), 'null', query)
})

test('of several decisions around an address the strongest comes first', async (t) => {
  const { url, ban } = await openEndpoint(t)
  ban('203.0.113.0/24', 60)
  ban('203.0.113.7', 600, { type: 'captcha' })
  ban('203.0.0.0/16', 600, { type: 'watch' })
  const answer = (await (await asking(url)('/v1/decisions?ip=203.0.113.7')).json()) as { type: string; value: string }[]
  assert.deepEqual(
    answer.map(({ type, value }) => `${type} ${value}`),
    ['ban 203.0.113.0/24', 'captcha 203.0.113.7'],
  )
})

test('special and allowlisted addresses are in no answer', async (t) => {
  const { url, ban } = await openEndpoint(t, { allow: ['198.51.100.99'] })
  const spared = ['10.0.0.7', '127.0.0.1', '198.51.100.99', '198.51.100.0/24', 'fd00::/64', '::1']
  for (const value of [...spared, '203.0.113.7']) ban(value, 60)
  for (const path of ['/v1/decisions', '/v1/decisions/stream?startup=true']) {
    const text = await (await asking(url)(path)).text()
    assert.match(text, /"203\.0\.113\.7"/)
    for (const value of spared) assert.ok(!text.includes(`"${value}"`), `${value} in ${path}`)
  }
})

test('a wrong key is refused before its body is read, and told of once a minute without the key', async (t) => {
  const { url, said, pass } = await openEndpoint(t)
  const headers = { 'x-api-key': 'a-wrong-key', 'user-agent': 'x'.repeat(500) }
  for (let i = 0; i < 3; i++) {
    const length = { ...headers, 'content-length': 1_000_000 }
    const asked = request(`${url}/v1/usage-metrics`, { method: 'POST', headers: length })
    asked.flushHeaders()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    assert.equal(answer.statusCode, 403)
    asked.destroy()
  }
  assert.equal(said.length, 1)
  assert.match(said[0]!.text, /refused.*"address":"127\.0\.0\.1","agent":"x{100}"/)
  assert.ok(!said[0]!.text.includes('a-wrong-key'))
  pass(61_000)
  await asking(url)('/v1/decisions', { headers })
  assert.equal(said.length, 2)
})

test('a key works at once when it was just added, and within a second no more when it was removed', async (t) => {
  const { url, add, rows, pass } = await openEndpoint(t)
  const status = async (key: string): Promise<number> =>
    (await asking(url)('/v1/decisions/stream', { method: 'HEAD', headers: { 'x-api-key': key } })).status
  assert.equal(await status(KEY), 200)
  add('late', 'late-key')
  assert.equal(await status('late-key'), 200)
  rows.delete('late')
  pass(1001)
  assert.equal(await status('late-key'), 403)
})

test('asking by HEAD delivers nothing and forgets nothing', async (t) => {
  const { url, ban } = await openEndpoint(t)
  const ask = asking(url)
  const pull = async (query = ''): Promise<string> => (await ask(`/v1/decisions/stream${query}`)).text()
  await pull('?startup=true')
  ban('203.0.113.7', 60)
  for (const query of ['', '?startup=true']) {
    const answer = await ask(`/v1/decisions/stream${query}`, { method: 'HEAD' })
    assert.deepEqual([answer.status, await answer.text()], [200, ''])
  }
  assert.match(await pull(), /"203\.0\.113\.7"/)
})

test('usage reports are kept, plain and zipped; what cannot be read is taken all the same', async (t) => {
  const { url, book } = await openEndpoint(t)
  const post = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<number> =>
    (await asking(url)('/v1/usage-metrics', { method: 'POST', body, headers })).status
  const report = (value: number): string =>
    JSON.stringify({ remediation_components: [{ metrics: [{ items: [{ name: 'dropped', value }] }] }] })
  const kept = (): unknown => JSON.parse(book.clients()[0]!.bouncer.metrics!)
  assert.equal(await post(report(7)), 201)
  assert.deepEqual(kept(), [{ name: 'dropped', value: 7 }])
  const zipped = { 'content-encoding': 'gzip', 'content-type': 'application/json' }
  assert.equal(await post(new Uint8Array(gzipSync(report(8))), zipped), 201)
  assert.deepEqual(kept(), [{ name: 'dropped', value: 8 }])
  const bomb = new Uint8Array(gzipSync(Buffer.alloc(64 * 1024 * 1024)))
  for (const body of ['{', 'null', '"', bomb]) assert.equal(await post(body, body === bomb ? zipped : {}), 201)
  assert.equal((await asking(url)('/v1/usage-metrics')).headers.get('allow'), 'POST')
})

test('a client that is slow with many gets news in portions, too, larger ones while it keeps up; a restart goes on there', async (t) => {
  const endpoint = await openEndpoint(t)
  const agent = { headers: { 'user-agent': 'crowdsec-firewall-bouncer/-' } }
  const pull = async (query = ''): Promise<string[]> => {
    endpoint.pass(10_000)
    const answer = await asking(endpoint.url)(`/v1/decisions/stream${query}`, agent)
    return (((await answer.json()) as StreamAnswer).new ?? []).map(({ value }) => value)
  }
  assert.deepEqual(await pull('?startup=true'), [])
  const values = Array.from({ length: 3500 }, (_, i) => `203.0.${113 + (i >> 8)}.${i & 255}`)
  for (const value of values) endpoint.ban(value, 36_000)
  const got = [await pull(), await pull()]
  endpoint.ban('198.51.100.7', 36_000)
  got.push(await pull())
  assert.equal(got[2]![0], '198.51.100.7', 'news first')
  assert.ok(got[0]!.length === 1000 && got[1]!.length >= 1000 && got[2]!.length > got[1]!.length)
  await endpoint.book.flush()
  const { delivery } = endpoint.rows.get('tester')!
  assert.equal(readPace(delivery).portion, endpoint.book.clients()[0]!.pace.portion)
  for (let i = 0; i < 6; i++) got.push(await pull())
  assert.deepEqual(got.at(-1), [])
  assert.deepEqual(new Set(got.flat()), new Set([...values, '198.51.100.7']))
})
