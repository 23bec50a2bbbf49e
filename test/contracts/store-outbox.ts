/** The part of the store's contract that belongs to playbooks: triggers, the queue, questions to people. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { HOUR } from '../../src/core/time.ts'
import type { Trigger } from '../../src/core/trigger.ts'
import type { Approval, Store } from '../../src/kit/store.ts'
import { commitOf, decisionOf, T0 } from './store-values.ts'

const triggerOf = (change: Partial<Trigger> = {}): Trigger => ({
  kind: 'incident.opened',
  at: T0,
  severity: 'high',
  subject: '192.0.2.7',
  incident: 'i-1',
  ...change,
})

const entryOf = (about: string, change: { coalesce?: boolean; trigger?: Trigger; playbook?: string } = {}) => ({
  playbook: 'respond',
  about,
  coalesce: true,
  trigger: triggerOf(),
  ...change,
})

const approvalOf = (change: Partial<Approval> = {}): Approval => ({
  id: 'q-1',
  run: 'r-1',
  step: 'ask',
  playbook: 'respond',
  ask: 'Block 192.0.2.7 for a week?',
  quorum: 2,
  expiresAt: T0 + HOUR,
  default: 'reject',
  askedAt: T0,
  votes: [],
  ...change,
})

export const testOutbox = (fresh: () => Promise<Store>): void => {
  it('hands triggers over in the order of their commits, each once', async () => {
    const store = await fresh()
    const data = { text: 'nul \u0000, lone \ud800, quote " and \\' }
    await store.commit(commitOf({ triggers: [triggerOf(), triggerOf({ kind: 'manual', data })] }))
    await store.commit(commitOf({ at: T0 + 2 * HOUR, triggers: [triggerOf({ incident: 'i-2' })] }))
    const [first, second, third] = await store.triggered(10)
    assert.deepEqual([first?.trigger.incident, second?.trigger.data, third?.trigger.incident], ['i-1', data, 'i-2'])
    assert.deepEqual(await store.triggered(1), [first])
    await store.enqueue([first!.number, second!.number], [entryOf('i-1')], T0)
    assert.deepEqual(await store.triggered(10), [third])
  })

  it('merges what waits for the same playbook and subject, and only that', async () => {
    const store = await fresh()
    await store.enqueue([], [entryOf('i-1'), entryOf('i-2'), entryOf('i-1', { playbook: 'tell' })], T0)
    const latest = triggerOf({ kind: 'incident.updated', severity: 'critical' })
    await store.enqueue([], [entryOf('i-1', { trigger: latest }), entryOf('i-2', { coalesce: false })], T0 + 5)
    const queued = await store.queued({ limit: 10 })
    assert.deepEqual(
      queued.map(({ playbook, about, merged, at, changedAt }) => [playbook, about, merged, at, changedAt]),
      [
        ['respond', 'i-1', 2, T0, T0 + 5],
        ['respond', 'i-2', 1, T0, T0],
        ['tell', 'i-1', 1, T0, T0],
        ['respond', 'i-2', 1, T0 + 5, T0 + 5],
      ],
    )
    assert.deepEqual(queued[0]?.trigger, { ...latest, kind: 'incident.opened' }, 'that it was opened is news still')
    const closed = triggerOf({ kind: 'incident.closed' })
    await store.enqueue([], [entryOf('i-1', { trigger: closed })], T0 + 6)
    assert.deepEqual((await store.queued({ number: queued[0]!.number, limit: 1 }))[0]?.trigger, closed)
  })

  it('lets only the first of each start, and none beside one that runs', async () => {
    const store = await fresh()
    const entries = ['i-1', 'i-1', 'i-2'].map((about) => entryOf(about, { coalesce: false }))
    await store.enqueue([], entries, T0)
    const [first, other] = await store.startable(10)
    assert.deepEqual([first?.about, other?.about], ['i-1', 'i-2'])
    await store.requeue([{ ...first!, state: 'running', run: 'r-1', changedAt: T0 + 1 }])
    assert.deepEqual(await store.startable(10), [other])
    // What is dead waits for a person, and holds nobody up.
    await store.requeue([{ ...first!, state: 'dead', run: 'r-1', trouble: 'HTTP_AUTH "\u0000', changedAt: T0 + 2 }])
    const again = await store.startable(10)
    assert.deepEqual(
      again.map(({ about }) => about),
      ['i-1', 'i-2'],
    )
    const [dead] = await store.queued({ state: 'dead', limit: 10 })
    assert.deepEqual(dead, { ...first, state: 'dead', run: 'r-1', trouble: 'HTTP_AUTH "\u0000', changedAt: T0 + 2 })
    assert.equal(await store.dequeue([dead!.number]), 1)
    assert.equal(await store.dequeue([dead!.number]), 0)
    await store.requeue([dead!])
    assert.equal((await store.queued({ number: dead!.number, limit: 1 })).length, 0, 'what was dropped stays away')
  })

  it('leaves out whom nobody wants to start, and finds what runs by its run', async () => {
    const store = await fresh()
    const entries = ['i-1', 'i-2', 'i-3'].map((about) =>
      entryOf(about, { playbook: about === 'i-3' ? 'tell' : 'respond' }),
    )
    await store.enqueue([], entries, T0)
    assert.deepEqual(
      (await store.startable(1, ['respond', 'other'])).map(({ about }) => about),
      ['i-3'],
    )
    assert.deepEqual(await store.startable(10, ['respond', 'tell']), [])
    assert.equal(await store.underWay(), 0)
    const waiting = await store.startable(10)
    await store.requeue(waiting.map((queued) => ({ ...queued, state: 'running', run: `run of ${queued.about}` })))
    assert.equal(await store.underWay(), 3)
    const found = await store.queued({ state: 'running', runs: ['run of i-3', 'run of i-1', 'nobody’s'], limit: 10 })
    assert.deepEqual(
      found.map(({ about }) => about),
      ['i-1', 'i-3'],
    )
    assert.deepEqual(await store.queued({ runs: [], limit: 10 }), [])
  })

  it('makes a trigger of each decision that ends by itself, once', async () => {
    const store = await fresh()
    const decision = (id: string, value: string, change = {}) => decisionOf(id, { value, until: T0 + HOUR, ...change })
    await store.commit(
      commitOf({
        decisions: [
          decision('d-1', '192.0.2.1'),
          decision('d-2', '192.0.2.2', { withdrawnAt: T0 + 1 }),
          decision('d-3', '192.0.2.3', { origin: 'feed:list' }),
          decision('d-4', '192.0.2.4', { simulated: true }),
          decision('d-5', '192.0.2.5', { until: T0 + 2 * HOUR }),
        ],
      }),
    )
    assert.equal(await store.expire(T0), 0)
    assert.equal(await store.expire(T0 + HOUR), 1)
    assert.equal(await store.expire(T0 + HOUR + 1), 0)
    assert.equal(await store.expire(T0 + 3 * HOUR), 1)
    assert.deepEqual(
      (await store.triggered(10)).map(({ trigger: { kind, decision, at } }) => [kind, decision, at]),
      [
        ['decision.expired', 'd-1', T0 + HOUR],
        ['decision.expired', 'd-5', T0 + 2 * HOUR],
      ],
    )
  })

  it('counts each person once, and decides once', async () => {
    const store = await fresh()
    await store.putApproval(approvalOf())
    await store.putApproval(approvalOf({ ask: 'asked again after a crash' }))
    await store.putApproval(approvalOf({ id: 'q-2', run: 'r-2' }))
    assert.deepEqual(await store.approvals({ id: 'q-1', limit: 1 }), [approvalOf()])
    assert.equal((await store.vote('q-1', 'cli:ann', true, T0 + 1))?.outcome, undefined)
    assert.equal(await store.vote('q-1', 'cli:ann', true, T0 + 2), undefined)
    assert.equal((await store.vote('q-1', 'cli:ben', true, T0 + 3))?.outcome, 'approved')
    assert.equal(await store.vote('q-1', 'cli:cyd', false, T0 + 4), undefined)
    assert.equal((await store.settleApproval('q-1', 'rejected'))?.outcome, 'approved')
    assert.equal(await store.vote('q-2', 'cli:ann', true, T0 + HOUR), undefined, 'too late')
    assert.deepEqual(
      (await store.approvals({ openAt: T0 + 5, limit: 10 })).map(({ id }) => id),
      ['q-2'],
    )
    assert.deepEqual(await store.approvals({ openAt: T0 + HOUR, limit: 10 }), [], 'nobody can answer it any more')
    assert.equal((await store.vote('q-2', 'cli:ann', false, T0 + 1))?.outcome, 'rejected')
    assert.equal(await store.vote('q-3', 'cli:ann', true, T0), undefined)
    assert.equal(await store.settleApproval('q-3', 'approved'), undefined)
    await store.trimApprovals(T0 + HOUR)
    assert.equal((await store.approvals({ limit: 10 })).length, 2)
    await store.trimApprovals(T0 + HOUR + 1)
    assert.deepEqual(await store.approvals({ limit: 10 }), [])
  })
}
