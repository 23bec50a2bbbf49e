import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { testSelfDescription } from '../../../test/contracts/action-connector.ts'
import { callOf } from '../../../test/contracts/call.ts'
import { caseFixture } from '../../kit/sample-case.ts'
import sigma from './index.ts'
import { sigmaRules } from './rule.ts'

testSelfDescription(sigma)

test('a rule and its correlation are written, replaced by the newest, and taken back', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'riposte-sigma-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const session = sigma.connect(
    { folder: join(folder, 'rules'), author: 'Riposte' },
    { name: 'sigma', clock: Date.now },
  )
  assert.match(await sigma.probe(session, callOf()), /can be written/)
  const write = sigma.actions['write_rule']!
  const input = { case: caseFixture() }
  const output = (await write.run(input, session, callOf())) as { file: string }
  await write.run({ case: caseFixture({ title: 'Newer' }) }, session, callOf())
  assert.deepEqual(readdirSync(join(folder, 'rules')), ['riposte_i-0123456789abcdef01234567.yml'])
  const [rule, correlation] = parseAllDocuments(readFileSync(output.file, 'utf8')).map(
    (one) => one.toJS() as Record<string, unknown>,
  )
  assert.equal(rule!['title'], 'Newer')
  assert.deepEqual(rule!['detection'], { selection: { 'c-ip': '203.0.113.7' }, condition: 'selection' })
  assert.deepEqual((correlation!['correlation'] as { rules: string[] }).rules, [rule!['name']])
  assert.match(String(rule!['id']), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  await write.undo!({ input, output }, session, callOf())
  assert.deepEqual(readdirSync(join(folder, 'rules')), [])
})

test('no value leaves its place', () => {
  const hostile = 'x\n---\nevil: true # "\' {{ }} \u2028'
  const documents = parseAllDocuments(sigmaRules(caseFixture({ title: hostile }), hostile))
  assert.equal(documents.length, 2)
  assert.equal((documents[0]!.toJS() as { author: string }).author, hostile)
  const network = caseFixture({ subject: { scope: 'Range', value: '2001:db8:1:2::/64' } })
  const [rule] = parseAllDocuments(sigmaRules(network, 'x')).map(
    (one) => one.toJS() as { detection: { selection: object } },
  )
  assert.deepEqual(rule!.detection.selection, { 'c-ip|cidr': '2001:db8:1:2::/64' })
})
