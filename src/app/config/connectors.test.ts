import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONNECTORS } from '../_registry.ts'
import { loadConfig } from './load.ts'

for (const plugin of CONNECTORS) {
  const section = 'actions' in plugin ? 'connectors' : 'enforce'
  test(`the example of ${plugin.id} stands under ${section}: as it is`, () => {
    const lines = plugin.example.trim().split('\n')
    const text = `${section}:\n${lines.map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`).join('\n')}\n`
    const entries = loadConfig(text, '/etc/riposte/riposte.yaml', {})[section]
    assert.deepEqual(
      entries.map(({ name, plugin: { id } }) => [name, id]),
      [[plugin.id, plugin.id]],
    )
    assert.match(plugin.summary, /^[A-Z].*\.$/)
  })
}

test('two connectors of one name are told apart by whoever reads the error', () => {
  const hook = 'webhook: { url: https://a.example.net/ }'
  assert.throws(
    () => loadConfig(`connectors: [{ ${hook} }, { ${hook} }]`, 'riposte.yaml', {}),
    /webhook.*exists already/,
  )
  const { connectors } = loadConfig(`connectors: [{ ${hook} }, { name: second, ${hook} }]`, 'riposte.yaml', {})
  assert.deepEqual(
    connectors.map(({ name }) => name),
    ['webhook', 'second'],
  )
})

test("the environment of article 1's sender is a webhook connector, unless there is one", () => {
  const env = {
    MODSEC_SOAR_WEBHOOK: 'https://soar.example.net/x',
    MODSEC_SOAR_API_KEY: 'marked-secret',
    MODSEC_THREAT_THRESHOLD: '5',
  }
  const config = loadConfig('sensors: []', 'riposte.yaml', env)
  assert.deepEqual(
    config.connectors.map(({ name }) => name),
    ['webhook'],
  )
  assert.deepEqual(config.playbooks.vars, { forward_to_soar: { threshold: 5 } })
  assert.ok(!JSON.stringify(config).includes('marked-secret'))
  const own = loadConfig('connectors: [{ name: mine, webhook: { url: https://a.example.net/ } }]', 'riposte.yaml', env)
  assert.deepEqual(
    own.connectors.map(({ name }) => name),
    ['mine'],
  )
})
