/** Nobody is looked up or reported whom no decision may touch: over every action that is given an address. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { z } from 'zod'
import type { AllowEntry } from '../core/act.ts'
import { caseFixture } from '../kit/sample-case.ts'
import { createCaller } from '../respond/caller.ts'
import { ACTION_PLUGINS } from './config/connectors.ts'
import { loadConfig } from './config/load.ts'
import { CLOSED_DOOR } from './own-actions.ts'
import { connectionsOf, sparedReason } from './respond.ts'
import { gateFor } from './spared.ts'

const examples = ACTION_PLUGINS.map(({ example }) =>
  example
    .trim()
    .split('\n')
    .map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`)
    .join('\n'),
)
const config = loadConfig(
  `connectors:\n${examples.join('\n')}
decide: { own: [198.51.100.0/28], allowlist: [{ value: 192.0.2.0/24, reason: office }] }
sensors: [{ id: web, sources: [{ file: audit.log }], trustedProxies: [2001:db8:1::/48] }]
`,
  '/etc/riposte/riposte.yaml',
  {},
)
const allowed: AllowEntry = { kind: 'ip', value: '203.0.113.99', reason: 'partner', addedBy: 'test', addedAt: 0 }
const SPARED = [
  ['private', '10.1.2.3'],
  ['loopback', '127.0.0.1'],
  ['link-local', 'fe80::1'],
  ['unique local', 'fd00::1'],
  ['ours', '198.51.100.7'],
  ['allowlisted by the configuration', '192.0.2.1'],
  ['allowlisted by hand', '203.0.113.99'],
  ['a trusted proxy', '2001:db8:1::5'],
  ['private, written as IPv6', '::ffff:10.1.2.3'],
  ['no address', 'localhost'],
] as const

const inputOf = (schema: z.ZodType): readonly string[] => Object.keys('shape' in schema ? (schema.shape as object) : {})

/** What else their actions must be given. */
const MORE: Readonly<Record<string, object>> = {
  cortex: { analyzer: 'AbuseIPDB_1_0' },
  mail: { to: 'abuse@example.com' },
}

/** They ask nobody: their knowledge is here. */
const LOCAL = new Set(['geoip'])

const asking = ACTION_PLUGINS.flatMap((plugin) =>
  Object.entries(plugin.actions as Readonly<Record<string, { input: z.ZodType }>>)
    .filter(([, { input }]) => inputOf(input).includes('address'))
    .map(([action, { input }]) => ({ plugin, action, input })),
)

test('every connector with actions is here, and some take an address', () => {
  assert.equal(config.connectors.length, ACTION_PLUGINS.length)
  for (const name of [
    'abuseipdb check',
    'abuseipdb report',
    'virustotal check',
    'greynoise check',
    'cortex start',
    'mail report_abuse',
  ])
    assert.ok(
      asking.some(({ plugin, action }) => `${plugin.id} ${action}` === name),
      name,
    )
})

for (const { plugin, action, input } of asking)
  test(`${plugin.id}.${action}: nothing about a spared address leaves the house`, async () => {
    const connections = connectionsOf(config, CLOSED_DOOR)
    let asked = 0
    const caller = createCaller({
      connections: () => connections,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      spared: async (address) => sparedReason(address, gateFor(config, [allowed], Date.now())),
      http() {
        asked++
        throw new Error('it asked')
      },
      dry() {
        asked++
        throw new Error('it sent')
      },
    })
    const act = (address: string) => {
      const given = { address, ...(inputOf(input).includes('case') ? { case: caseFixture() } : {}) }
      const order = {
        playbook: 'p',
        connector: plugin.id,
        action,
        key: 'r/s',
        attempt: 0,
        input: { ...given, ...MORE[plugin.id] },
      }
      return caller.act(order, 'clear')
    }
    for (const [what, address] of SPARED) {
      const { state, why } = await act(address)
      assert.deepEqual([state, asked], ['skipped', 0], `${what}: ${why}`)
      assert.ok(why)
    }
    await act('203.0.113.7')
    assert.equal(asked, LOCAL.has(plugin.id) ? 0 : 1, 'others are')
  })
