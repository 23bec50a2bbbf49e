/** The gate, first asked as it is, then by a real nginx with ModSecurity in front of a shop. */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import Fastify from 'fastify'
import { NGINX_PACKAGES, startNginx, type WafServer } from '../../../test/real/nginx.ts'
import { ensurePackages } from '../../../test/real/packages.ts'
import { snippet } from '../../../test/real/snippet.ts'
import { visit } from '../../../test/real/visit.ts'
import type { Decision } from '../../core/decision.ts'
import { parseCidr } from '../../core/ip.ts'
import { idPrefixOf, referenceOf } from '../../core/reference.ts'
import { decision } from '../../enforce/decision.fixture.ts'
import { createGate } from '../../enforce/gate.ts'
import { ActiveRoster } from '../../enforce/roster.ts'
import { createApi } from '../server.ts'
import { createGateBook } from './book.ts'
import { gateRoutes } from './routes.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

const house = (allow: readonly string[] = []) => {
  let skew = 0
  const clock = () => Date.now() + skew
  const roster = new ActiveRoster(createGate(allow.map((text) => parseCidr(text)!)))
  const proofs: string[] = []
  const book = createGateBook({
    roster,
    clock,
    proved: (done, step) => void proofs.push(...done.map(({ entry, act }) => `${entry.value} ${act} ${step}`)),
  })
  const now = clock()
  const put = (value: string, more: Partial<Decision> = {}): Decision => {
    const one = decision(value, { startsAt: now, until: now + 3_600_000, ...more })
    roster.apply([one], clock())
    return one
  }
  return {
    ...{ roster, book, proofs, put, clock },
    lift: (one: Decision) => void roster.apply([{ ...one, withdrawnAt: clock() }], clock()),
    pass: (millis: number) => {
      skew += millis
    },
    routes: gateRoutes({ roster, book, clock, rate: { every: 1000, burst: 3 } }),
  }
}

const asker = (t: TestContext, routes: ReturnType<typeof gateRoutes>) => {
  const app = Fastify()
  routes(app)
  t.after(() => app.close())
  return async (client?: string, remoteAddress = '127.0.0.1') => {
    const answer = await app.inject({
      url: '/gate',
      remoteAddress,
      headers: client === undefined ? {} : { 'x-riposte-client': client },
    })
    return [answer.statusCode, answer.headers['x-riposte-reference'], answer.headers['x-riposte-remedy']] as const
  }
}

test('the banned are denied with their reference, others pass, and so does everybody when a ban has ended', async (t) => {
  const { put, lift, pass, routes, roster, clock, proofs, book } = house()
  const ask = asker(t, routes)
  assert.deepEqual(book.points(), [])
  const host = put('203.0.113.7')
  put('198.51.100.0/24')
  const house64 = put('2001:db8:1:2::/64')
  assert.deepEqual(await ask('203.0.113.7'), [403, referenceOf(host.id), 'ban'])
  assert.equal(idPrefixOf(String((await ask('203.0.113.7'))[1])), host.id.slice(0, 14))
  assert.equal((await ask('::ffff:203.0.113.7'))[0], 403)
  assert.equal((await ask('198.51.100.200'))[0], 403)
  assert.deepEqual(await ask('2001:DB8:1:2:ffff::9'), [403, referenceOf(house64.id), 'ban'])
  for (const innocent of ['203.0.113.8', '2001:db8:1:3::1', '127.0.0.1'])
    assert.deepEqual(await ask(innocent), [204, undefined, undefined])
  lift(host)
  assert.equal((await ask('203.0.113.7'))[0], 204)
  pass(3_600_001)
  assert.equal(roster.covering('198.51.100.200', clock()), undefined)
  assert.equal((await ask('198.51.100.200'))[0], 204)
  assert.deepEqual(
    proofs.filter((proof) => proof.startsWith('203')),
    ['203.0.113.7 block verified'],
    'told once',
  )
})

test('while somebody asks, each ban counts as applied; when nobody asks any more, the point says so', async (t) => {
  const { put, pass, routes, proofs, book } = house()
  const ask = asker(t, routes)
  put('203.0.113.1')
  assert.deepEqual(proofs, [])
  await ask('198.51.100.1')
  put('203.0.113.2')
  put('203.0.113.3', { type: 'watch' })
  assert.deepEqual(proofs, ['203.0.113.2 block applied'])
  assert.equal(book.points()[0]!.state, 'steady')
  pass(301_000)
  const [point] = book.points()
  assert.equal(point!.state, 'down')
  assert.match(point!.trouble!, /has not asked for 301 s/)
  put('203.0.113.4')
  assert.equal(proofs.length, 1)
  book.close()
})

test('the throttled get their rate, each subject its own; the watched are not touched', async (t) => {
  const { put, pass, routes } = house()
  const ask = asker(t, routes)
  const slow = put('203.0.113.7', { type: 'throttle' })
  put('203.0.113.8', { type: 'captcha' })
  put('203.0.113.9', { type: 'watch' })
  for (let i = 0; i < 3; i++) assert.equal((await ask('203.0.113.7'))[0], 204)
  assert.deepEqual(await ask('203.0.113.7'), [403, referenceOf(slow.id), 'throttle'])
  for (let i = 0; i < 3; i++) assert.equal((await ask('203.0.113.8'))[0], 204)
  assert.equal((await ask('203.0.113.8'))[2], 'captcha')
  for (let i = 0; i < 9; i++) assert.equal((await ask('203.0.113.9'))[0], 204)
  pass(1001)
  assert.equal((await ask('203.0.113.7'))[0], 204)
  assert.equal((await ask('203.0.113.7'))[0], 403)
})

test('whatever is no plain address is an error of configuration, never a denial; strangers are not answered', async (t) => {
  const { put, routes } = house()
  const ask = asker(t, routes)
  put('203.0.113.0/24')
  for (const client of [undefined, '', 'unix:', '-', '203.0.113.7/24', '203.0.113.7, 198.51.100.1', 'a'.repeat(9000)])
    assert.equal((await ask(client))[0], 400, client?.slice(0, 40))
  assert.equal((await ask('203.0.113.7', '198.51.100.9'))[0], 404)
  for (const neighbour of ['::1', '10.0.0.7', 'fd00::7']) assert.equal((await ask('203.0.113.7', neighbour))[0], 403)
})

test('no special and no allowlisted address is ever denied, whatever the roster says', async () => {
  const address = fc.oneof(
    fc.constantFrom('10.1.2.3', '127.0.0.1', '192.168.1.1', '100.64.0.1', '169.254.1.1', 'fe80::1', 'fc00::1', '::1'),
    fc.nat({ max: 255 }).map((octet) => `203.0.113.${octet}`),
  )
  const { clock } = house()
  await fc.assert(
    fc.asyncProperty(address, fc.nat({ max: 255 }), async (client, spared) => {
      const allow = [parseCidr(`203.0.113.${spared}`)!]
      // A roster that has gone wrong: it says of everybody that he is banned.
      const one = house().put('203.0.113.0/24')
      const entry = { ...one, attackClass: 'other' as const, since: 1, version: 1 }
      const roster = { allow, covering: () => entry, size: 1, onChange: () => () => {} } as never
      const book = createGateBook({ roster, clock, proved() {} })
      const app = Fastify()
      gateRoutes({ roster, book, clock })(app)
      const { statusCode } = await app.inject({ url: '/gate', headers: { 'x-riposte-client': client } })
      await app.close()
      const banned = client.startsWith('203') && client !== `203.0.113.${spared}`
      assert.equal(statusCode, banned ? 403 : 204)
    }),
    { numRuns: 100 },
  )
})

const REAL_IP = 'set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;'

const site = async (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-gate-'))
  chmodSync(dir, 0o755)
  const socket = join(dir, 'gate.sock')
  const gate = house()
  const open = async () => {
    const api = await createApi({ listen: [{ path: socket }], log: SILENT, routes: [gate.routes] })
    chmodSync(socket, 0o666)
    return api
  }
  let api: Awaited<ReturnType<typeof open>> | undefined = await open()
  t.after(async () => {
    await api?.close()
    rmSync(dir, { recursive: true, force: true })
  })
  const nginx = await startNginx({
    workers: 2,
    audit: { engine: 'RelevantOnly' },
    http: `${REAL_IP}\nupstream riposte { server unix:${socket}; keepalive 16; }`,
    serverBlock: snippet('nginx-gate.conf'),
  })
  t.after(() => nginx.stop())
  return {
    ...{ gate, nginx, socket },
    stopGate: async () => {
      await api?.close()
      api = undefined
    },
    startGate: async () => {
      api = await open()
    },
  }
}

const ATTACK = "/search?q=1'%20OR%20'1'='1"

test('nginx denies with the page as soon as a ban is made, and serves again as soon as it is lifted', async (t) => {
  if (!(await ensurePackages(NGINX_PACKAGES))) return t.skip('nginx is not installed and cannot be')
  const { gate, nginx } = await site(t)
  assert.equal((await visit(nginx, '203.0.113.7')).status, 200)
  const one = gate.put('203.0.113.7')
  const reference = referenceOf(one.id)
  const denied = await visit(nginx, '203.0.113.7')
  assert.equal(denied.status, 403)
  assert.equal(denied.headers['x-riposte-reference'], reference)
  assert.equal(denied.headers['cache-control'], 'no-store')
  assert.match(String(denied.headers['content-type']), /^text\/html/)
  assert.match(denied.body, new RegExp(`<code>${reference}</code>`))
  assert.doesNotMatch(denied.body, /src=|href=|203\.0\.113|nginx|Riposte/)

  gate.put('2001:db8:1:2::/64')
  gate.put('198.51.100.0/24')
  assert.equal((await visit(nginx, '2001:db8:1:2::77')).status, 403)
  assert.equal((await visit(nginx, '198.51.100.9')).status, 403)
  for (const innocent of ['203.0.113.8', '2001:db8:1:3::77', '127.0.0.1'])
    assert.equal((await visit(nginx, innocent)).status, 200, innocent)

  gate.put('203.0.113.50', { type: 'throttle' })
  const slow = []
  for (let i = 0; i < 5; i++) slow.push(await visit(nginx, '203.0.113.50'))
  assert.deepEqual(
    slow.map(({ status }) => status),
    [200, 200, 200, 429, 429],
  )
  assert.match(slow[4]!.body, /Too many requests/)

  gate.lift(one)
  assert.equal((await visit(nginx, '203.0.113.7')).status, 200)
})

test('the denials of others keep their own page; a client cannot speak for the gate', async (t) => {
  if (!(await ensurePackages(NGINX_PACKAGES))) return t.skip('nginx is not installed and cannot be')
  const { gate, nginx } = await site(t)
  const blocked = await visit(nginx, '203.0.113.9', ATTACK, { 'x-riposte-reference': 'R-0000-0000-0000' })
  assert.equal(blocked.status, 403, "by ModSecurity's rules")
  assert.equal(blocked.headers['x-riposte-reference'], undefined)
  assert.doesNotMatch(blocked.body, /looked like an attack/)
  // An error_page that led to a place without ModSecurity would take away the record, and with it what Riposte lives on.
  assert.ok((await recorded(nginx, 1))[0]!.messages.some(({ details }) => details.ruleId === '942100'))
  gate.put('203.0.113.7')
  assert.equal((await visit(nginx, '203.0.113.7', '/', { 'x-riposte-client': '198.51.100.1' })).status, 403)
  const asked = await visit(nginx, '203.0.113.7', '/.riposte/gate', { 'x-riposte-client': '203.0.113.7' })
  assert.deepEqual([asked.status, asked.headers['x-riposte-reference'], asked.body], [204, undefined, ''])
})

test('what the gate denies can be told from evidence: its record has no rule, and bears the reference', async (t) => {
  if (!(await ensurePackages(NGINX_PACKAGES))) return t.skip('nginx is not installed and cannot be')
  const { gate, nginx } = await site(t)
  const reference = referenceOf(gate.put('203.0.113.7').id)
  for (let i = 0; i < 3; i++) assert.equal((await visit(nginx, '203.0.113.7', `/?n=${i}`)).status, 403)
  for (const { messages, response } of await recorded(nginx, 3)) {
    assert.deepEqual(messages, [])
    assert.equal(response.headers['X-Riposte-Reference'], reference)
  }
})

interface Audited {
  readonly messages: readonly { readonly details: { readonly ruleId: string } }[]
  readonly response: { readonly headers: Readonly<Record<string, string>> }
}

/** Waits until there are so many records in the audit log. */
const recorded = async (nginx: WafServer, count: number): Promise<readonly Audited[]> => {
  const records = (): readonly Audited[] =>
    readFileSync(nginx.auditLog, 'utf8')
      .split('\n')
      // The last one may be half written.
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { transaction: Audited }).transaction)
  for (let i = 0; i < 250 && records().length < count; i++) await sleep(20)
  assert.equal(records().length, count)
  return records()
}

test('with the gate gone, slow or broken the site stays up; when it is back, it denies again', async (t) => {
  if (!(await ensurePackages(NGINX_PACKAGES))) return t.skip('nginx is not installed and cannot be')
  const { gate, nginx, socket, stopGate, startGate } = await site(t)
  gate.put('203.0.113.7')
  assert.equal((await visit(nginx, '203.0.113.7')).status, 403)
  await stopGate()
  for (const client of ['203.0.113.7', '203.0.113.8'])
    for (let i = 0; i < 5; i++) assert.equal((await visit(nginx, client)).status, 200)
  assert.match(readFileSync(nginx.errorLog, 'utf8'), /connect\(\) to unix:.* failed/)
  const answers = ['404 Not Found', '400 Bad Request', '500 Oh'].map(
    (line) => `HTTP/1.1 ${line}\r\nContent-Length: 0\r\n\r\n`,
  )
  for (const words of ['', ...answers]) {
    const end = await stranger(socket, words)
    const { status } = await visit(nginx, '203.0.113.7').finally(end)
    assert.equal(status, 200, `the socket answers ${JSON.stringify(words)}`)
  }
  await startGate()
  assert.equal((await visit(nginx, '203.0.113.7')).status, 403)
})

/** Somebody else on the gate's socket, who answers everything by `words`, or nothing at all. */
const stranger = async (socket: string, words: string): Promise<() => Promise<void>> => {
  const connections: Socket[] = []
  const server = createServer((connection) => {
    connections.push(connection.on('error', () => undefined))
    connection.once('data', () => words && connection.end(words))
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  chmodSync(socket, 0o666)
  return async () => {
    for (const connection of connections) connection.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
}
