import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testHands } from './hands.fixture.ts'
import { interpret } from './interpreter.ts'
import { MemoryEngine } from './memory-engine.ts'
import { playbookOf, runOf } from './run.fixture.ts'

const play = async (text: string | readonly string[], hands = testHands(), engine = new MemoryEngine()) => {
  const { input, playbooks } = runOf(typeof text === 'string' ? [text] : text)
  return { outcome: await interpret(input, playbooks, engine, hands), hands, engine }
}

const called = ({ acted }: ReturnType<typeof testHands>) => acted.map(({ key, input }) => [key, input])

test('steps run in order, and later ones see what earlier ones found', async () => {
  const { outcome, hands } = await play(
    playbookOf(`
- { id: look, action: rep.check, with: { ip: '\${{ case.subject.value }}' } }
- { id: tell, action: chat.post, with: { text: 'Seen \${{ steps.look.output.key }}, \${{ case.threatScore }} points', list: ['\${{ case.attackClasses }}'] } }
- { action: chat.post, if: 'case.threatScore > 8', with: {} }
- { action: chat.post, if: steps.tell.ok, with: { n: '\${{ size(case.events) }}' } }`),
  )
  assert.deepEqual(outcome, { state: 'done', skipped: { step_3: 'not so: case.threatScore > 8' } })
  assert.deepEqual(called(hands), [
    ['r-1/look', { ip: '203.0.113.7' }],
    ['r-1/tell', { text: 'Seen r-1/look, 8 points', list: [['sqli', 'xss']] }],
    ['r-1/step_4', { n: 1 }],
  ])
})

test('what a client wrote is never taken for an expression', async () => {
  const hands = testHands()
  hands.behave['rep.check'] = () => ({ output: { text: '$' + '{{ case.subject.value }}' } })
  await play(
    playbookOf(`
- { id: look, action: rep.check }
- { action: chat.post, with: { text: 'It said: \${{ steps.look.output.text }}' } }`),
    hands,
  )
  assert.deepEqual(hands.acted[1]?.input, { text: 'It said: $' + '{{ case.subject.value }}' })
})

test('an attempt that may succeed later is made again, after the time that was asked for', async () => {
  const hands = testHands()
  hands.behave['a.b'] = ({ attempt }) => (attempt < 2 ? { state: 'retry', why: 'busy', after: 7000 } : {})
  const { outcome, engine } = await play(playbookOf('- { id: one, action: a.b }'), hands)
  assert.deepEqual(outcome, { state: 'done' })
  assert.deepEqual(
    hands.acted.map(({ attempt, key }) => [attempt, key]),
    [0, 1, 2].map((n) => [n, 'r-1/one']),
  )
  assert.deepEqual(engine.slept, [
    ['one~', 7000],
    ['one#1~', 7000],
  ])
})

test('retries end where the playbook, or the kind of action, says', async () => {
  for (const [text, most] of [
    ['{ id: one, action: a.b, retries: 2 }', undefined],
    ['{ id: one, action: a.b }', 2],
  ] as const) {
    const hands = testHands()
    hands.behave['a.b'] = () => ({ state: 'retry', why: 'busy', ...(most === undefined ? {} : { mostRetries: most }) })
    const { outcome } = await play(playbookOf(`- ${text}`), hands)
    assert.deepEqual(outcome, { state: 'failed', why: 'a.b: busy (3 attempts)', step: 'one' })
  }
})

test('a failure stops the run, is passed over, or takes back what was done', async () => {
  const text = (onError: string) =>
    playbookOf(`
- { id: one, action: a.ok }
- { id: two, action: a.ok }
- { id: bad, action: a.bad, onError: ${onError} }
- { id: after, action: a.ok, with: { code: '\${{ steps.bad.error.code }}' } }`)
  const run = async (onError: string) => {
    const hands = testHands()
    hands.behave['a.bad'] = () => ({ state: 'failed', code: 'HTTP_AUTH', why: 'no' })
    const { outcome } = await play(text(onError), hands)
    return { outcome, acted: called(hands), undone: hands.undone.map(({ key }) => key) }
  }
  const stopped = await run('stop')
  assert.deepEqual(stopped.outcome, { state: 'failed', why: 'a.bad: no', step: 'bad' })
  assert.deepEqual([stopped.acted.length, stopped.undone], [3, []])
  const passed = await run('continue')
  assert.deepEqual(passed.outcome, { state: 'done' })
  assert.deepEqual(passed.acted.at(-1), ['r-1/after', { code: 'HTTP_AUTH' }])
  const undone = await run('undo')
  assert.equal(undone.outcome.state, 'failed')
  assert.deepEqual(undone.undone, ['r-1/two', 'r-1/one'])
})

test('branches, loops, choices, variables and calls nest; names tell them apart', async () => {
  const { outcome, hands } = await play([
    playbookOf(`
- parallel:
    - [{ id: left, action: a.b }]
    - [{ id: right, action: a.b }]
- { set: { count: '\${{ size(case.rules) }}' } }
- id: each
  foreach: case.rules
  as: rule
  most: 1
  steps:
    - when: rule.id == 942100
      do: [{ id: yes, action: a.b, with: { rule: '\${{ rule.id }}', of: '\${{ vars.count }}' } }]
      else: [{ id: no, action: a.b }]
- { id: other, call: helper, with: { word: hello } }
- { action: a.b, with: { left: '\${{ steps.each.output.left }}', both: '\${{ steps.left.ok && steps.right.ok }}' } }`),
    `name: helper\nsummary: Helps.\nvars: { word: '' }\nsteps:\n  - { id: say, action: a.b, with: { word: '\${{ vars.word }}' } }\n  - stop: enough\n`,
  ])
  assert.deepEqual(outcome, { state: 'done' })
  assert.deepEqual(called(hands), [
    ['r-1/left', {}],
    ['r-1/right', {}],
    ['r-1/each[0].yes', { rule: 942100, of: 2 }],
    ['r-1/other/say', { word: 'hello' }],
    ['r-1/step_5', { left: 1, both: true }],
  ])
})

test('a question waits for people; a rejection stops the run or is data', async () => {
  const text = (onReject: string) =>
    playbookOf(`
- { id: sure, approval: { ask: 'Block \${{ case.subject.value }}?', expires: 10s, onReject: ${onReject} } }
- { action: a.b, with: { approved: '\${{ steps.sure.output.approved }}' } }`)
  for (const [answers, onReject, state, acted] of [
    [[undefined, undefined, 'approved'], 'stop', 'done', 1],
    [['rejected'], 'stop', 'stopped', 0],
    [['rejected'], 'continue', 'done', 1],
  ] as const) {
    const hands = testHands()
    hands.answers = [...answers]
    const { outcome } = await play(text(onReject), hands)
    assert.deepEqual([outcome.state, hands.acted.length], [state, acted])
    assert.deepEqual(hands.asked, ['Block 203.0.113.7?'])
  }
})

test('people are told of a question by steps of its own, each with a link of its own', async () => {
  const hands = testHands()
  hands.answers = [undefined, 'approved']
  const { outcome } = await play(
    playbookOf(`
- id: sure
  approval:
    ask: Block \${{ case.subject.value }}?
    quorum: 2
    people: [ann, bob]
    tell:
      - { id: chat, action: a.b, with: { text: '\${{ question.ask }} \${{ question.link }}' }, onError: continue }
      - { action: a.c, with: { ann: '\${{ question.links.ann }}', bob: '\${{ question.links.bob }}' } }
- { action: a.d }`),
    hands,
  )
  assert.deepEqual(outcome, { state: 'done' })
  assert.deepEqual(called(hands), [
    ['r-1/sure.chat', { text: 'Block 203.0.113.7? https://riposte.test/q-1/anybody' }],
    ['r-1/sure.step_1_2', { ann: 'https://riposte.test/q-1/ann', bob: 'https://riposte.test/q-1/bob' }],
    ['r-1/step_2', {}],
  ])
})

test('accepted is asked after until it is done', async () => {
  const hands = testHands()
  let asked = 0
  hands.behave['a.b'] = () => ({ confirmable: true })
  hands.confirm = async () => ({ state: ++asked < 3 ? 'retry' : 'done', at: 1 })
  const { outcome, engine } = await play(
    playbookOf('- { id: one, action: a.b }\n- { action: a.c, if: steps.one.confirmed }'),
    hands,
  )
  assert.deepEqual(outcome, { state: 'done' })
  assert.deepEqual(
    engine.slept.map(([, millis]) => millis),
    [5000, 10_000],
  )
  assert.equal(hands.acted.length, 2)
})

test('a value that is not there fails the run at its step, in words', async () => {
  const { outcome } = await play(playbookOf(`- { id: one, action: a.b, with: { x: '\${{ case.nothing.at.all }}' } }`))
  assert.deepEqual(outcome, { state: 'failed', why: 'case.nothing.at.all: No such key: nothing', step: 'one' })
})

test('died anywhere and begun again, it does nothing twice that is remembered, and ends the same', async () => {
  const text = playbookOf(`
- { id: a, action: x.a }
- parallel: [[{ id: b, action: x.b }, { id: c, action: x.c }], [{ id: d, action: x.d }]]
- { id: e, foreach: case.rules, as: rule, steps: [{ id: f, action: x.f, with: { id: '\${{ rule.id }}' } }] }
- { id: g, action: x.g }`)
  const calm = await play(text)
  for (const name of calm.engine.remembered.keys()) {
    const engine = new MemoryEngine()
    engine.dieAt = name
    const hands = testHands()
    await assert.rejects(play(text, hands, engine), /died/)
    engine.dieAt = undefined
    const { outcome } = await play(text, hands, engine)
    assert.deepEqual(outcome, calm.outcome)
    const keys = hands.acted.map(({ key }) => key)
    const twice = [...new Set(keys.filter((key, i) => keys.indexOf(key) !== i))]
    assert.ok(twice.every((key) => `r-1/${name}`.startsWith(key)))
    assert.ok(twice.length <= 1)
    assert.deepEqual(new Set(keys), new Set(calm.hands.acted.map(({ key }) => key)))
  }
})

test('a run that retries another takes over what that one did', async () => {
  const text = playbookOf(
    `- { id: a, action: x.a }\n- { id: b, action: x.b, with: { from: '\${{ steps.a.output.n }}' } }`,
  )
  const { input, playbooks } = runOf([text], {
    done: { a: { state: 'done', at: 1, output: { n: 5 } }, b: { state: 'failed', at: 1 } },
  })
  const hands = testHands()
  await interpret(input, playbooks, new MemoryEngine(), hands)
  assert.deepEqual(called(hands), [['r-1/b', { from: 5 }]])
})

test('an undo takes back what was done, the last first, and does nothing new', async () => {
  const text = playbookOf(
    '- { id: a, action: x.a }\n- { wait: 1h }\n- { id: b, action: x.b }\n- { id: c, action: x.c }',
  )
  const done = (n: number) => ({ state: 'done', at: 1, output: { n } }) as const
  const { input, playbooks } = runOf([text], { done: { a: done(1), b: done(2) }, undo: true })
  const hands = testHands()
  assert.deepEqual(await interpret(input, playbooks, new MemoryEngine(), hands), {
    state: 'done',
    why: 'undone',
    skipped: { c: 'never done' },
  })
  assert.deepEqual([hands.acted, hands.undone.map(({ key }) => key)], [[], ['r-1/b', 'r-1/a']])
})
