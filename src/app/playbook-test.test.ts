import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkPlaybook } from './check-playbooks.ts'
import { ACTION_PLUGINS } from './config/connectors.ts'
import { defaultConfig } from './config/load.ts'
import { playbookFolder } from './content.ts'
import { testPlaybooks } from './playbook-test.ts'
import { playbooksOf } from './playbooks.ts'

const shipped = playbooksOf(defaultConfig())

test('the shipped playbooks fit the connectors that there are', () => {
  for (const playbook of shipped.values())
    assert.deepEqual(
      checkPlaybook(playbook, defaultConfig()).filter(({ level }) => level === 'error'),
      [],
    )
  assert.ok(ACTION_PLUGINS.length > 20)
})

test('the tests of the shipped playbooks pass', async (t) => {
  const tests = await testPlaybooks(playbookFolder, shipped, [...shipped.keys()])
  for (const one of tests) await t.test(`${one.playbook}/${one.name}`, () => assert.deepEqual(one.faults, []))
  assert.ok(tests.length >= 9)
})

test('a test that expects something else fails, and says what is different', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'riposte-playbook-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'tests', 'remediate'), { recursive: true })
  writeFileSync(
    join(folder, 'tests', 'remediate', 'wrong.yaml'),
    `what: Wrong.
trigger: { kind: decision.added, type: ban }
answers: [{ request: { method: GET, url: 'https://nobody.test/' }, response: {} }]
expect: { outcome: failed, steps: { nowhere: done }, commands: [] }
`,
  )
  const [one] = await testPlaybooks(folder, shipped, ['remediate'])
  assert.equal(one!.faults.length, 4, one!.faults.join('\n'))
})
