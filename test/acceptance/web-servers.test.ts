/** The hub drives real nginx, Apache and HAProxy at once: after any sequence of changes all three deny whom it says, and prove it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import apachePlugin from '../../src/connectors/apache/index.ts'
import haproxyPlugin from '../../src/connectors/haproxy/index.ts'
import nginxPlugin from '../../src/connectors/nginx/index.ts'
import type { Decision } from '../../src/core/decision.ts'
import type { Finding } from '../../src/core/finding.ts'
import { parseCidr } from '../../src/core/ip.ts'
import { decision } from '../../src/enforce/decision.fixture.ts'
import { Hub } from '../../src/enforce/hub.ts'
import type { ConnectorPlugin } from '../../src/kit/connector.ts'
import type { Proof } from '../../src/kit/store.ts'
import { DENYING_PACKAGES, startDenyingServers } from '../real/denying-servers.ts'
import { ensurePackages } from '../real/packages.ts'
import { visit } from '../real/visit.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

const eventually = async (what: string, check: () => Promise<boolean> | boolean): Promise<void> => {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) if (await check()) return
  assert.fail(`did not happen: ${what}`)
}

const servers = async (t: TestContext) => {
  const { nginx, apache, haproxy, banned, map, points, stop } = await startDenyingServers()
  const findings: Finding[] = []
  const proofs = new Map<string, Proof>()
  const hub = new Hub(
    {
      store: {
        prove: async (rows) => {
          for (const row of rows) proofs.set(`${row.decision} ${row.point} ${row.act}`, row)
        },
        putPoints: async () => undefined,
      },
      log: SILENT,
      clock: Date.now,
      finding: (finding) => void findings.push(finding),
      auditEvery: 500,
    },
    [],
  )
  hub.start()
  for (const plugin of [nginxPlugin, apachePlugin, haproxyPlugin] as unknown as readonly ConnectorPlugin[]) {
    const config = points[plugin.id as keyof typeof points]
    const context = { name: plugin.id, log: SILENT, clock: Date.now, doubt: (why: string) => hub.doubt(plugin.id, why) }
    const { sink } = await plugin.open(plugin.config.parse(config), context)
    hub.add(plugin.id, plugin.id, sink)
  }
  t.after(async () => {
    await hub.close()
    await stop()
  })
  const statuses = async (client: string) =>
    (await Promise.all([nginx, apache, haproxy].map((server) => visit(server, client))))
      .map(({ status }) => status)
      .join()
  return {
    ...{ hub, findings, haproxy, banned, map, statuses },
    proved: (one: Decision, act: Proof['act']) =>
      ['nginx', 'apache', 'haproxy'].every(
        (point) => proofs.get(`${one.id} ${point} ${act}`)?.verifiedAt !== undefined,
      ),
  }
}

test('nginx, Apache and HAProxy follow the hub, prove it, and are mended when somebody meddles', async (t) => {
  if (!(await ensurePackages(DENYING_PACKAGES))) return t.skip('the servers are not installed and cannot be')
  const { hub, findings, haproxy, banned, map, statuses, proved } = await servers(t)
  const ban = (value: string, lasts = 3_600_000): Decision => {
    const one = decision(value, { startsAt: Date.now(), until: Date.now() + lasts })
    hub.apply([one], Date.now())
    return one
  }
  const [host, range, net6] = [ban('203.0.113.7'), ban('198.51.100.0/23'), ban('2001:db8:1:2::/64')]
  for (const one of [host, range, net6]) await eventually(`proof of ${one.value}`, () => proved(one, 'block'))
  for (const client of ['203.0.113.7', '198.51.101.9', '2001:db8:1:2::9'])
    assert.equal(await statuses(client), '403,403,403')
  assert.equal(await statuses('203.0.113.8'), '200,200,200')

  hub.apply([{ ...host, withdrawnAt: Date.now() }], Date.now())
  await eventually('the end proved', () => proved(host, 'unblock'))
  assert.equal(await statuses('203.0.113.7'), '200,200,200')
  const short = ban('203.0.113.9', 1500)
  await eventually('a short ban', async () => (await statuses('203.0.113.9')) === '403,403,403')
  await eventually('it ends by itself', async () => (await statuses('203.0.113.9')) === '200,200,200')
  await eventually('and that is proved', () => proved(short, 'unblock'))

  // A private address in a decision is a defect somewhere else; it must reach none of them.
  ban('10.0.0.0/8')
  ban('127.0.0.1')
  hub.guard([parseCidr('198.51.101.77')!])
  await eventually(
    'the range that holds an allowlisted address is gone',
    async () => (await statuses('198.51.101.77')) === '200,200,200',
  )
  for (const client of ['10.1.2.3', '127.0.0.1']) assert.equal(await statuses(client), '200,200,200')

  writeFileSync(banned, '')
  writeFileSync(map, '')
  await haproxy.down()
  writeFileSync(haproxy.map, '')
  await haproxy.up()
  await eventually('all of it is back', async () => (await statuses('2001:db8:1:2::9')) === '403,403,403')
  await eventually('and told', () =>
    ['nginx', 'apache', 'haproxy'].every((point) =>
      findings.some((f) => f.subject === point && /^enforce\.(drift|down)$/.test(f.code)),
    ),
  )
})
