import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { defaultConfig, loadConfig } from './load.ts'
import { configJsonSchema, configReference } from './reference.ts'

interface Node {
  description?: string
  properties?: Record<string, Node>
  items?: Node
  anyOf?: Node[]
}

const keys = (node: Node, path = ''): readonly (readonly [string, Node])[] => [
  ...Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
    [`${path}.${key}`, child] as const,
    ...keys(child, `${path}.${key}`),
  ]),
  ...(node.items ? keys(node.items, `${path}[]`) : []),
  ...(node.anyOf ?? []).flatMap((choice) => keys(choice, path)),
]

test('every key has a description and stands on the page', () => {
  const page = configReference()
  const all = keys(configJsonSchema() as Node)
  assert.ok(all.length > 40, `${all.length} keys`)
  for (const [path, node] of all) {
    assert.ok(node.description, `${path} has no description`)
    assert.ok(page.includes(`\`${path.split('.').at(-1)}\``), path)
  }
})

test('the defaults on the page are those of the program', () => {
  const defaults = JSON.stringify(configJsonSchema())
  assert.ok(defaults.includes('"default":"30d"'))
  assert.equal(defaultConfig().retention.maxAge, 30 * 86_400_000)
})

const example = readFileSync(new URL('../../../examples/01-single-host/riposte.yaml', import.meta.url), 'utf8')

test('the shipped example is valid, and so is it with everything commented in', () => {
  const config = loadConfig(example, '/etc/riposte/riposte.yaml', {})
  assert.equal(config.sensors[0]!.id, 'web')
  // Comments that hold YAML begin with a list dash, a key, or further indentation; sentences begin with a capital.
  const full = example.replace(/^( *)# (?= *- |[a-z][A-Za-z]*:(?: |$)| +[a-z])/gm, '$1')
  const all = loadConfig(full, '/etc/riposte/riposte.yaml', {})
  assert.equal(all.sensors[0]!.sources.length, 2)
  assert.equal(all.sensors[0]!.trustedProxies.length, 1)
  assert.equal(all.decide.allowlist.length, 2)
  const { state: _s, sensors: _x, decide, ...rest } = all
  const { state: _ds, sensors: _dx, decide: defaultDecide, ...defaults } = defaultConfig()
  assert.deepEqual(rest, defaults, 'what is commented out is the default')
  assert.deepEqual({ ...decide, shadow: false, allowlist: [] }, defaultDecide)
})
