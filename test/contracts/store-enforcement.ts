/** The part of the store's contract that belongs to those who enforce: proofs, points, bouncers, what changed when. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { HOUR } from '../../src/core/time.ts'
import type { Bouncer, HeldDecision, PointState, Proof, Store } from '../../src/kit/store.ts'
import { commitOf, decisionOf, T0 } from './store-values.ts'

const proofOf = (change: Partial<Proof>): Proof => ({
  decision: 'd-1',
  point: 'rbl',
  act: 'block',
  requestedAt: T0,
  ...change,
})

const pointOf = (name: string, change: Partial<PointState> = {}): PointState => ({
  name,
  kind: 'rbl',
  state: 'steady',
  since: T0,
  wanted: 3,
  withheld: 0,
  dropped: 0,
  drift: 0,
  at: T0,
  ...change,
})

const bouncerOf = (name: string, change: Partial<Bouncer> = {}): Bouncer => ({
  name,
  keyHash: name.padEnd(128, '0'),
  addedAt: T0,
  ...change,
})

export const testEnforcement = (fresh: () => Promise<Store>): void => {
  it('keeps the last word on each decision, point and act', async () => {
    const store = await fresh()
    const other = proofOf({ point: 'nft', requestedAt: T0 + 1, trouble: 'beyond capacity "\u0000\n' })
    await store.prove([proofOf({}), other, proofOf({ appliedAt: T0 + 5 })])
    await store.prove([proofOf({ appliedAt: T0 + 5, verifiedAt: T0 + 9 }), proofOf({ act: 'unblock' })])
    await store.prove([proofOf({ decision: 'd-2' })])
    await store.prove([])
    assert.deepEqual(await store.proofs('d-1'), [
      proofOf({ appliedAt: T0 + 5, verifiedAt: T0 + 9 }),
      other,
      proofOf({ act: 'unblock' }),
    ])
    assert.deepEqual(await store.proofs('d-3'), [])
  })

  it('forgets the proofs of decisions that it forgets, and no others', async () => {
    const store = await fresh()
    const now = T0 + 100 * HOUR
    const decisions = [
      decisionOf('d-over', { value: '192.0.2.1', events: [] }),
      decisionOf('d-lifted', {
        value: '192.0.2.2',
        until: now + HOUR,
        withdrawnAt: T0 + 1,
        withdrawnBy: 'x',
        events: [],
      }),
      decisionOf('d-live', { value: '192.0.2.3', until: now + HOUR, events: [] }),
    ]
    await store.commit(commitOf({ decisions }))
    await store.prove(decisions.map(({ id }) => proofOf({ decision: id })))
    await store.trim({ maxAge: HOUR, maxBytes: Number.MAX_SAFE_INTEGER, now })
    assert.deepEqual(await Promise.all(decisions.map(async ({ id }) => (await store.proofs(id)).length)), [0, 0, 1])
    assert.equal((await store.status()).rows.decisions, 1)
  })

  it('shows the points as they were put last', async () => {
    const store = await fresh()
    await store.putPoints([pointOf('b'), pointOf('a', { held: 2, trouble: 'slow', report: { serial: 7 } })])
    assert.deepEqual(await store.points(), [
      pointOf('a', { held: 2, trouble: 'slow', report: { serial: 7 } }),
      pointOf('b'),
    ])
    await store.putPoints([pointOf('c')])
    assert.deepEqual(await store.points(), [pointOf('c')])
  })

  it('never brings a removed bouncer back by what a daemon remembers of it', async () => {
    const store = await fresh()
    await store.putBouncers([bouncerOf('edge'), bouncerOf('gone'), bouncerOf('rekeyed')])
    assert.equal(await store.removeBouncer('gone'), true)
    assert.equal(await store.removeBouncer('gone'), false)
    const rekeyed = bouncerOf('rekeyed', { keyHash: 'f'.repeat(128) })
    await store.removeBouncer('rekeyed')
    await store.putBouncers([rekeyed])
    await store.updateBouncers([
      bouncerOf('edge', { pulledAt: T0 + 9, delivery: '{"seen":1}' }),
      bouncerOf('gone', { pulledAt: T0 + 9 }),
      bouncerOf('rekeyed', { pulledAt: T0 + 9 }),
    ])
    assert.deepEqual(await store.bouncers(), [bouncerOf('edge', { pulledAt: T0 + 9, delivery: '{"seen":1}' }), rekeyed])
  })

  it('tells which decisions were withdrawn since when, by the clock of their commits, and which are held', async () => {
    const store = await fresh()
    const one = decisionOf('d-one', { value: '192.0.2.1' })
    const two = decisionOf('d-two', { value: '192.0.2.2', until: T0 + 9 })
    const three = decisionOf('d-three', { value: '192.0.2.3', startsAt: T0 + HOUR })
    await store.commit(commitOf({ at: T0 + 1, decisions: [one, two] }))
    await store.commit(commitOf({ at: T0 + 2, decisions: [three] }))
    const lifted = { ...one, withdrawnAt: T0 + 3, withdrawnBy: 'cli:ann' }
    await store.commit(commitOf({ at: T0 + 3, decisions: [lifted] }))
    assert.deepEqual(await store.endedLately(T0 + 1, 9), [{ decision: lifted, changedAt: T0 + 3 }])
    assert.deepEqual(await store.endedLately(T0 + 4, 9), [])
    const held: HeldDecision[] = []
    await store.eachHeld(T0 + 8, (one) => held.push(one))
    assert.deepEqual(held.map((h) => h.decision.id).sort(), ['d-three', 'd-two'])
    held.length = 0
    await store.eachHeld(T0 + 9, (one) => held.push(one))
    assert.deepEqual(held, [{ decision: three, changedAt: T0 + 2 }])
  })

  it('goes through many thousands, and ends the reading when the visitor fails', async () => {
    const store = await fresh()
    const many = Array.from({ length: 5001 }, (_, n) =>
      decisionOf(`d-${n}`, { value: `198.51.${n >> 8}.${n & 255}`, events: [] }),
    )
    await store.commit(commitOf({ decisions: many }))
    const seen = new Set<string>()
    await store.eachHeld(T0, ({ decision }) => seen.add(decision.id))
    assert.equal(seen.size, many.length)
    assert.equal((await store.restore()).decisions.size, many.length)
    let visits = 0
    const failing = store.eachHeld(T0, () => {
      if (++visits === 3) throw new Error('enough')
    })
    await assert.rejects(failing)
    assert.equal((await store.decisions({ limit: 1 })).length, 1)
  })
}
