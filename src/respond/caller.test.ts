import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../core/failure.ts'
import { type CallerOptions, createCaller } from './caller.ts'
import { connectionFixture, type Notes, notesFixture } from './connection.fixture.ts'
import type { ConnectionSettings } from './connection.ts'
import type { ActionOrder } from './interpreter.ts'

interface Wishes {
  readonly run?: Notes['run']
  readonly connection?: Partial<ConnectionSettings>
  readonly caller?: Partial<CallerOptions>
}

const scene = ({ run, connection: changes, caller: more }: Wishes = {}) => {
  const notes = notesFixture(run)
  const connection = connectionFixture({ session: notes, ...changes })
  const logged: unknown[] = []
  const log = { debug() {}, info() {}, warn() {}, error: (facts: unknown) => void logged.push(facts) }
  const caller = createCaller({ connections: () => new Map([['notes', connection]]), log, backoff: () => 7, ...more })
  return { notes, connection, caller, logged }
}

const order = (input: unknown, changes: Partial<ActionOrder> = {}): ActionOrder =>
  ({
    playbook: 'p',
    connector: 'notes',
    action: 'write',
    key: 'r-1/step',
    attempt: 0,
    input,
    ...changes,
  }) as ActionOrder

test('an action is handed what fits its schema, and its output is the record’s', async () => {
  const { caller, notes } = scene()
  const record = await caller.act(order({ text: 'hello' }), 'green')
  assert.deepEqual([record.state, record.called, record.output], ['done', 'notes.write', { length: 1 }])
  assert.deepEqual(notes.written, [{ text: 'hello', key: 'r-1/step' }])
})

test('what does not fit is not handed over, nor is what the action yields taken on trust', async () => {
  const one = scene()
  const record = await one.caller.act(order({ text: 1, more: true }), 'green')
  assert.deepEqual([record.state, record.code], ['failed', 'ACTION_INPUT'])
  assert.match(record.why!, /text|more/)
  assert.equal(one.notes.written.length, 0)
  const two = scene({ run: async () => ({ length: 'long' }) })
  const odd = await two.caller.act(order({ text: 'x' }), 'green')
  assert.deepEqual([odd.state, odd.code], ['failed', 'ACTION_OUTPUT'])
})

test('nothing goes where it is classified too high for: the action says how far, the operator may say otherwise', async () => {
  for (const [tlp, maxTlp, state] of [
    ['green', undefined, 'done'],
    ['amber', undefined, 'skipped'],
    ['red', undefined, 'skipped'],
    ['amber', 'amber', 'done'],
    ['green', 'clear', 'skipped'],
  ] as const) {
    const { caller, notes } = scene({ connection: maxTlp === undefined ? {} : { maxTlp } })
    const record = await caller.act(order({ text: 'x' }), tlp)
    assert.equal(record.state, state, `${tlp} ${maxTlp}`)
    assert.equal(notes.written.length, state === 'done' ? 1 : 0)
    if (state === 'skipped') assert.match(record.why!, new RegExp(`TLP:${tlp.toUpperCase()}`))
  }
})

test('nothing is said about an address that is spared, and the step says why', async () => {
  const { caller, notes } = scene({
    caller: { spared: async (address) => (address === '10.0.0.1' ? 'it is private' : undefined) },
  })
  const kept = await caller.act(order({ text: 'x', address: '10.0.0.1' }), 'green')
  assert.deepEqual([kept.state, kept.why, notes.written.length], ['skipped', 'it is private', 0])
  assert.equal((await caller.act(order({ text: 'x', address: '203.0.113.7' }), 'green')).state, 'done')
})

test('an attempt ends with its timeout, the step’s before the connector’s', async () => {
  const hanging: Notes['run'] = (_text, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const { caller } = scene({
    run: async (text, call) => {
      await hanging(text, call).catch(() => {})
      throw new Failure('TIMEOUT', 'it took too long', { retry: 'backoff' })
    },
    connection: { timeout: 60_000 },
  })
  const record = await caller.act(order({ text: 'x' }, { timeout: 20 }), 'green')
  assert.deepEqual([record.state, record.code, record.after], ['retry', 'TIMEOUT', 7])
})

test('what may pass is tried again, as often as it makes sense; what may not is over', async () => {
  const failing = (retry: Failure['retry']) => ({ run: () => Promise.reject(new Failure('X', 'no', { retry })) })
  const act = async (wishes: Wishes, action: string) =>
    scene(wishes).caller.act(order({ text: 'x' }, { action }), 'green')
  assert.deepEqual((await act(failing('never'), 'write')).state, 'failed')
  assert.deepEqual((await act(failing('backoff'), 'write')).mostRetries, undefined)
  assert.deepEqual((await act(failing('backoff'), 'read')).mostRetries, 3)
  assert.deepEqual((await act(failing({ after: 5000 }), 'write')).after, 5000)
})

test('a fault of ours says nothing of what it was about outside the log', async () => {
  const { caller, logged } = scene({ run: () => Promise.reject(new TypeError('marked-secret is not a function')) })
  const record = await caller.act(order({ text: 'x' }), 'green')
  assert.deepEqual([record.state, record.code], ['failed', 'ACTION_BUG'])
  assert.ok(!JSON.stringify(record).includes('marked-secret'))
  assert.ok(JSON.stringify(logged).includes('marked-secret'))
})

test('a system in trouble is left alone, and the step waits', async () => {
  const { caller, notes, connection } = scene({
    run: () => Promise.reject(new Failure('DOWN', 'nothing answers', { retry: 'backoff' })),
  })
  for (let i = 0; i < 5; i++) await caller.act(order({ text: 'x' }), 'green')
  const record = await caller.act(order({ text: 'x' }), 'green')
  assert.deepEqual([record.state, record.code], ['retry', 'CONNECTOR_BUSY'])
  assert.match(record.why!, /nothing answers/)
  assert.equal(notes.written.length, 5)
  assert.equal(connection.state().busy, 0)
})

test('no more at a time than the connector takes; the others wait in place', async () => {
  let now = 0
  let most = 0
  const { caller } = scene({
    async run() {
      most = Math.max(most, ++now)
      await sleep(20)
      now--
      return { length: 1 }
    },
    connection: { limit: { perMinute: 1000, concurrent: 2 } },
  })
  const records = await Promise.all(Array.from({ length: 6 }, () => caller.act(order({ text: 'x' }), 'green')))
  assert.deepEqual(new Set(records.map(({ state }) => state)), new Set(['done']))
  assert.equal(most, 2)
})

test('unknown connectors are skipped, unknown actions fail; undo only where it is known how', async () => {
  const { caller, notes } = scene()
  assert.equal((await caller.act(order({}, { connector: 'nobody' }), 'green')).state, 'skipped')
  const unknown = await caller.act(order({}, { action: 'shout' }), 'green')
  assert.deepEqual([unknown.code, unknown.why], ['ACTION_UNKNOWN', 'it has no such action; it has write, read'])
  assert.equal((await caller.undo(order({ text: 'x' }), { length: 1 })).state, 'done')
  assert.equal(notes.undone, 1)
  assert.equal((await caller.undo(order({ text: 'x' }, { action: 'read' }), { length: 1 })).state, 'skipped')
})
