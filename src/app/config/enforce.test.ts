import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONNECTORS } from '../_registry.ts'
import { loadConfig } from './load.ts'

for (const { id, example, summary } of CONNECTORS)
  test(`the example of ${id} stands under enforce: as it is`, () => {
    const lines = example.trim().split('\n')
    const text = `enforce:\n${lines.map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`).join('\n')}\n`
    const config = loadConfig(text, '/etc/riposte/riposte.yaml', {})
    assert.deepEqual(
      config.enforce.map(({ name, plugin }) => [name, plugin.id]),
      [[id, id]],
    )
    assert.match(summary, /^[A-Z].*\.$/)
  })
