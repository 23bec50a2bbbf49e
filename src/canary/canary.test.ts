import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Event } from '../core/event.ts'
import type { Finding } from '../core/finding.ts'
import type { Proof } from '../kit/store.ts'
import { canaryDecision, createEar } from './ear.ts'
import { createRounds } from './rounds.ts'
import { canaryTarget, type Mark, PAYLOAD, readMark } from './token.ts'

const KEY = 'a-key'
const NOW = 1_800_000_000_000
const MARK: Mark = { sensor: 'web', sentAt: NOW, nonce: '0123456789ab' }

const eventOf = (target: string, more: Partial<Event> = {}): Event => {
  const [path = '', query = ''] = target.split('?')
  return {
    id: 'e-1',
    sensor: 'web',
    time: NOW + 50,
    clientIp: '127.0.0.1',
    request: { path, query },
    matches: [{ ruleId: 941100 }],
    ...more,
  } as unknown as Event
}

const earOf = (shadow = false) =>
  createEar({ sensors: [{ id: 'web', address: '192.0.2.1', lasts: 45_000 }], key: KEY, shadow })

test('a mark comes back as it was signed, below any path; any other text, key or change is none', () => {
  fc.assert(
    fc.property(
      fc.record({
        sensor: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
        sentAt: fc.integer({ min: 0, max: 8.64e15 }),
        nonce: fc.stringMatching(/^[0-9a-f]{12}$/),
      }),
      fc.constantFrom('', '/shop', '/riposte-canary/x'),
      fc.nat(),
      (mark, below, at) => {
        const path = canaryTarget(below, mark, KEY).split('?')[0]!
        assert.deepEqual(readMark(path, KEY), { ...mark })
        assert.equal(readMark(path, 'another'), undefined)
        const i = below.length + '/riposte-canary/'.length + (at % (path.length - below.length - 16))
        const changed = path.slice(0, i) + (path[i] === '0' ? '1' : '0') + path.slice(i + 1)
        assert.equal(readMark(changed, KEY), undefined)
      },
    ),
  )
  fc.assert(fc.property(fc.string(), (text) => readMark(text, KEY) === undefined))
})

test('the canary brings one short ban of the reserved address, however many logs show it', () => {
  const ear = earOf()
  const target = canaryTarget('', MARK, KEY)
  const [decision] = ear.hear(eventOf(target))!.decisions
  assert.deepEqual(
    [decision!.value, decision!.type, decision!.startsAt, decision!.until, decision!.origin, decision!.simulated],
    ['192.0.2.1', 'ban', NOW, NOW + 45_000, 'canary', false],
  )
  assert.equal(decision!.id, canaryDecision('web', MARK.nonce))
  assert.deepEqual(ear.hear(eventOf(target))!.decisions, [], 'the access log')
  assert.deepEqual(ear.hear(eventOf(target.split('?')[0]!))!.decisions, [], 'the error log, without a query')
  assert.deepEqual(ear.hear(eventOf(target, { sensor: 'origin' }))!.decisions, [], 'the sensor behind')
  assert.equal(earOf(true).hear(eventOf(target))!.decisions[0]!.simulated, true)
})

test('a record in which no rule matched decides nothing, one that follows does', () => {
  const ear = earOf()
  const target = canaryTarget('', MARK, KEY)
  assert.deepEqual(ear.hear(eventOf(target, { matches: [] }))!.decisions, [])
  assert.ok(ear.wasUnmatched(MARK.nonce))
  assert.equal(ear.hear(eventOf(target))!.decisions.length, 1)
  assert.ok(!ear.wasUnmatched(MARK.nonce))
})

test('who repeats it from elsewhere, late, or with something else in it is traffic like any other', () => {
  const ear = earOf()
  const target = canaryTarget('', MARK, KEY)
  assert.ok(ear.hear(eventOf(target)))
  assert.equal(ear.hear(eventOf(target, { clientIp: '203.0.113.9' })), undefined)
  assert.equal(ear.hear(eventOf(target, { time: NOW + 3_600_000 })), undefined)
  assert.equal(ear.hear(eventOf(`${target}&id=1%20UNION%20SELECT`)), undefined)
  assert.equal(ear.hear(eventOf(`${target.split('?')[0]}/../admin?${PAYLOAD}`)), undefined)
})

const roundsOf = () => {
  const findings: Finding[] = []
  const unmatched = new Set<string>()
  const rounds = createRounds({ finding: (f) => void findings.push(f), wasUnmatched: (n) => unmatched.has(n) })
  let at = NOW
  /** One round to its end. */
  const round = (how: {
    answer?: number | string
    decided?: boolean
    unmatched?: boolean
    proofs?: Partial<Proof>[]
  }) => {
    const nonce = at.toString(16).padStart(12, '0')
    const decision = canaryDecision('web', nonce)
    rounds.sent('web', nonce, at, at + 45_000)
    if (how.answer !== undefined) rounds.answered(nonce, how.answer)
    if (how.unmatched) unmatched.add(nonce)
    if (how.decided !== undefined) rounds.decided(decision, how.decided)
    for (const proof of how.proofs ?? [])
      rounds.step({ point: 'rbl', act: 'block', requestedAt: at, ...proof, decision })
    rounds.tick(at + 44_999)
    const early = findings.length
    rounds.tick(at + 45_000)
    assert.ok(early === 0 || findings.length >= early)
    at += 60_000
    return findings.splice(0).map(({ code, subject, text, cleared }) => [code, subject, cleared ? 'cleared' : text])
  }
  return round
}

test('each silent link is told of once, and once when it speaks again', () => {
  const round = roundsOf()
  const gone = { answer: 'ECONNREFUSED' }
  assert.deepEqual(round(gone), [['canary.no_answer', 'web', 'the site does not answer the canary (ECONNREFUSED)']])
  assert.deepEqual(round(gone), [])
  assert.deepEqual(round({ answer: 200 }), [
    ['canary.no_answer', 'web', 'cleared'],
    ['canary.not_read', 'web', 'the site answered the canary with 200, but no record of it was read within 45s'],
  ])
  assert.deepEqual(round({ answer: 403, decided: true, proofs: [{ appliedAt: NOW }] }), [
    ['canary.not_read', 'web', 'cleared'],
  ])
  assert.deepEqual(round({ answer: 403, decided: true, proofs: [{}, { point: 'nft', appliedAt: NOW }] }), [
    ['canary.not_enforced', 'rbl', 'the canary of web was decided, and not enforced here within 45s'],
  ])
  assert.deepEqual(round({ answer: 403, decided: true, proofs: [{}, { verifiedAt: NOW }] }), [
    ['canary.not_enforced', 'rbl', 'cleared'],
  ])
})

test('a point that cannot carry it out is not silent, nor is any in shadow mode; an unmatched record is told apart', () => {
  const round = roundsOf()
  assert.deepEqual(round({ answer: 403, decided: true, proofs: [{}, { trouble: 'withheld: no IPv4' }] }), [])
  assert.deepEqual(round({ answer: 403, decided: false, proofs: [{}] }), [])
  assert.deepEqual(round({ answer: 200, unmatched: true }), [
    ['canary.not_read', 'web', 'the canary was logged, but no rule matched it'],
  ])
})
