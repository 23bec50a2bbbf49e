import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Decision } from '../core/decision.ts'
import { parseCidr } from '../core/ip.ts'
import { decision, NOW, restored } from './decision.fixture.ts'
import { createGate } from './gate.ts'
import { ActiveRoster } from './roster.ts'

const roster = (allow: readonly string[] = []) => new ActiveRoster(createGate(allow.map((text) => parseCidr(text)!)))

test('keeps what a decision says, and finds the strongest around an address', () => {
  const r = roster()
  r.apply([decision('203.0.113.0/24', { type: 'watch' }), decision('203.0.113.7', { type: 'throttle' })], NOW)
  const ban = decision('203.0.0.0/16', { attackClass: 'rce', origin: 'feed:drop', until: NOW + 5000 })
  r.apply([ban], NOW)
  assert.deepEqual(r.covering('203.0.113.7', NOW)?.id, ban.id)
  assert.deepEqual(r.covering('203.0.113.7', NOW + 5000)?.type, 'throttle')
  assert.equal(r.covering('203.1.0.1', NOW), undefined)
  const around = (network: string, at = NOW) => r.holding(network, at).map((entry) => entry.value)
  assert.deepEqual(around('203.0.113.7'), ['203.0.113.7', '203.0.113.0/24', '203.0.0.0/16'])
  assert.deepEqual(around('203.0.113.0/25', NOW + 5000), ['203.0.113.0/24'])
  assert.deepEqual(around('203.0.0.0/15'), [])
  assert.deepEqual(around('nonsense'), [])
  r.apply([decision('2001:db8:1:2::/64'), decision('2001:db8::8/125'), decision('2001:db8::1')], NOW)
  assert.deepEqual(
    [1, 8, 16, 2 ** 16, 2 ** 64].map((addresses) => r.widerThan(addresses)),
    [3, 2, 2, 1, 0],
    'a watched network is not to be restrained',
  )
  const { version, since, ...entry } = r.get('203.0.0.0/16')!
  assert.ok(version >= NOW && since === version)
  assert.deepEqual(entry, {
    id: ban.id,
    value: '203.0.0.0/16',
    type: 'ban',
    attackClass: 'rce',
    scenario: 'sql-injection',
    origin: 'feed:drop',
    startsAt: NOW,
    until: NOW + 5000,
  })
})

test('an extension keeps `since`; the end of an older decision does not take the newer one away', () => {
  const r = roster()
  const first = decision('203.0.113.7')
  r.apply([first], NOW)
  const { since } = r.get('203.0.113.7')!
  r.apply([{ ...first, until: NOW + 9e6 }], NOW + 10)
  assert.equal(r.get('203.0.113.7')!.since, since)
  assert.ok(r.get('203.0.113.7')!.version > since)
  const other = decision('203.0.113.7')
  r.apply([{ ...first, withdrawnAt: NOW + 20 }, other], NOW + 20)
  assert.equal(r.get('203.0.113.7')!.id, other.id)
  assert.deepEqual(r.apply([{ ...first, withdrawnAt: NOW + 20 }], NOW + 30).ended, [])
})

test('special and allowlisted addresses never get in, and go out when they become so', () => {
  const r = roster(['198.51.100.0/24'])
  const refused = [
    '10.0.0.1',
    '127.0.0.1',
    '198.51.100.7',
    '198.51.0.0/16',
    'fe80::/64',
    '0.0.0.0/0',
    '::/0',
    '192.168.1.0/24',
  ]
  assert.deepEqual(
    r.apply(
      refused.map((value) => decision(value)),
      NOW,
    ).added,
    [],
  )
  r.apply([decision('203.0.113.7'), decision('203.0.113.0/24'), decision('203.0.114.1')], NOW)
  const out = r.guard(createGate([parseCidr('203.0.113.7')!]), NOW + 1).ended.map((end) => end.entry.value)
  assert.deepEqual(out.sort(), ['203.0.113.0/24', '203.0.113.7'])
  assert.deepEqual(
    [...r.active()].map((entry) => entry.value),
    ['203.0.114.1'],
  )
})

/** Few subjects, so that they meet. */
const value = fc.constantFrom(
  '203.0.113.1',
  '203.0.113.2',
  '203.0.113.0/24',
  '2001:db8:1:2::/64',
  '10.0.0.1',
  '198.51.100.7',
)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('ban' as const), value, lasts: fc.integer({ min: 1, max: 50 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lift' as const), value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), by: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('allow' as const), value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
)

test('whatever happens, it holds what is in force; and changes since any version lead from there to here', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(59), (steps, mark) => {
      let now = NOW
      let allow: readonly string[] = ['198.51.100.0/24']
      let r = roster(allow)
      const held = new Map<string, { decision: Decision; changedAt: number }>()
      const past: { decision: Decision; changedAt: number }[] = []
      let seen: { version: number; values: Set<string> } | undefined
      const spared = (v: string) =>
        v === '10.0.0.1' ||
        allow.some(
          (text) =>
            text === v ||
            (v === '198.51.100.7' && text === '198.51.100.0/24') ||
            (text === '203.0.113.1' && v === '203.0.113.0/24') ||
            (text === '203.0.113.2' && v === '203.0.113.0/24') ||
            (text === '203.0.113.0/24' && v.startsWith('203.')),
        )
      for (const [i, s] of steps.entries()) {
        now++
        if (s.kind === 'ban') {
          const known = held.get(s.value)?.decision
          const next = known
            ? { ...known, until: Math.max(known.until, now + s.lasts) }
            : decision(s.value, { startsAt: now, until: now + s.lasts })
          held.set(s.value, { decision: next, changedAt: now })
          r.apply([next], now)
        } else if (s.kind === 'lift') {
          const known = held.get(s.value)
          if (known) {
            held.delete(s.value)
            const lifted = { ...known.decision, withdrawnAt: now }
            past.push({ decision: lifted, changedAt: now })
            r.apply([lifted], now)
          }
        } else if (s.kind === 'wait') now += s.by
        else if (s.kind === 'allow') {
          allow = [...allow, s.value]
          r.guard(createGate(allow.map((text) => parseCidr(text)!)), now)
        } else {
          const next = roster(allow)
          restored(
            next,
            held.values(),
            [...past, ...held.values()].filter((h) => h.decision.withdrawnAt !== undefined || h.decision.until <= now),
            NOW - 1,
            now,
          )
          assert.ok(next.version >= r.version, 'versions rise over a restart')
          r = next
        }
        for (const [key, { decision: d }] of held)
          if (d.until <= now) {
            held.delete(key)
            past.push({ decision: d, changedAt: d.startsAt })
          }
        r.expire(now)
        const wanted = new Set([...held.keys()].filter((v) => !spared(v)))
        assert.deepEqual(new Set([...r.active()].map((entry) => entry.value)), wanted)
        if (i === mark) seen = { version: r.version, values: wanted }
      }
      if (!seen) return
      const change = r.since(seen.version)
      const values = change.complete ? new Set(seen.values) : new Set<string>()
      for (const { entry } of change.ended) values.delete(entry.value)
      for (const entry of change.added) values.add(entry.value)
      const wanted = [...r.active()].map((entry) => entry.value)
      // A subject that was let go because it became allowlisted is not in the store's past; a restart forgets that it was here.
      const restarted = steps.slice(mark + 1).some((s) => s.kind === 'restart')
      if (!restarted) assert.deepEqual(values, new Set(wanted))
      else for (const v of wanted) assert.ok(values.has(v))
    }),
    { numRuns: 500 },
  )
})
