import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePlaybook, playbookSet } from './playbook.ts'
import { playbookOf } from './run.fixture.ts'

const problems = (text: string): string => {
  try {
    parsePlaybook(text, 'p.yaml')
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'PLAYBOOK_INVALID', String(error))
    return (error as Error).message
  }
  return ''
}

test('what is wrong is named with line, column and what was meant', () => {
  const text = `name: test
summary: A test.
onn:
  - incident: open
steps:
  - { id: one, action: slack.post, wit: {} }
  - { id: one, action: slack }
  - { id: two }
  - { wait: soon, if: case.threatScor > }
  - { action: a.b, with: { text: '\${{ steps.later.output }} and \${{ vars.nobody }}' } }
  - { id: later, action: a.b, if: incidnt.id == 'x' }
  - { wait: 1h, stop: enough }
`
  assert.deepEqual(problems(text).split('\n'), ['p.yaml:3:1: unknown key "onn". Did you mean on?'])
  assert.deepEqual(problems(text.replace('onn:', 'on:').replace('incident: open', 'incident: opened')).split('\n'), [
    'p.yaml:6:36: unknown key "wit". Did you mean with?',
    'p.yaml:7:24: action write connector.action, such as slack.post',
    'p.yaml:8:5: this step says nothing to do; write one of action, parallel, foreach, when, wait, approval, call, set, stop',
    'p.yaml:9:13: wait "soon" is not a duration. Write a number and a unit, such as 90s, 15m, 4h, 7d or 1h30m; at most ten years.',
    'p.yaml:10:45: no step "later" comes before this one',
    'p.yaml:10:74: nothing sets the variable "nobody" before this step',
    'p.yaml:11:35: Unknown variable: incidnt',
    'p.yaml:12:5: this step says wait and stop; make two steps of it',
  ])
})

test('an expression reaches nothing but the data of its run', () => {
  for (const expression of [
    'process.env',
    'globalThis',
    'require("fs")',
    'env.HOME',
    'this',
    'constructor',
    'secrets.key',
    'connectors.slack',
    'case.x.matches("a+")',
    'case.x.split(",")',
    'case.a.map(x, case.b.map(y, x))',
    'steps.constructor',
    'steps.__proto__',
    'steps["toString"]',
    'vars.__proto__',
    'now()',
    'a => a',
  ])
    assert.notEqual(problems(playbookOf(`- { action: a.b, if: ${JSON.stringify(expression)} }`)), '', expression)
})

test('values that are no data are refused when they are asked for', () => {
  const { steps } = parsePlaybook(playbookOf('- { action: a.b, if: case.constructor == null }'), 'p.yaml')
  for (const facts of [{}, { a: 1 }])
    assert.throws(() => steps[0]!.if!.evaluate({ case: facts, steps: {}, vars: {} }), { code: 'EXPRESSION' })
})

test('a step that only another branch has seen is not to be relied on before the branches are over', () => {
  const inside = '- parallel: [[{ id: a, action: x.y }], [{ action: x.y, if: steps.a.ok }]]'
  assert.match(problems(playbookOf(inside)), /no step "a" comes before this one/)
  assert.equal(
    problems(playbookOf('- parallel: [[{ id: a, action: x.y }], [{ wait: 1s }]]\n- { action: x.y, if: steps.a.ok }')),
    '',
  )
  const loop = '- { foreach: case.rules, steps: [{ id: a, action: x.y }] }\n- { action: x.y, if: steps.a.ok }'
  assert.match(problems(playbookOf(loop)), /no step "a"/)
})

test('YAML that is none, too long, or hides loops is refused', () => {
  assert.match(problems('name: [x'), /^p\.yaml:1:/)
  assert.match(problems(`name: &a test\nsummary: *a\nsteps: []\n`), /anchors and aliases/)
  assert.match(problems('x'.repeat(300_000)), /longer than/)
  assert.match(problems(''), /is missing/)
})

test('calls lead somewhere, and not in a circle', () => {
  const named = (name: string, steps: string) =>
    parsePlaybook(playbookOf(steps).replace('name: test', `name: ${name}`), `${name}.yaml`)
  assert.throws(() => playbookSet([named('a', '- call: b')]), /a\.yaml:1:1: there is no playbook "b"/)
  assert.throws(
    () => playbookSet([named('a', '- call: b'), named('b', '- { when: "true", do: [{ call: a }] }')]),
    /circle/,
  )
  const own = named('a', '- wait: 1s')
  assert.equal(playbookSet([named('a', '- wait: 2s'), own]).get('a'), own, 'the later one takes its place')
})
