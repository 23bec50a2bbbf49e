import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Decision } from '../../core/decision.ts'
import { decision, NOW, restored } from '../../enforce/decision.fixture.ts'
import { createGate } from '../../enforce/gate.ts'
import { ActiveRoster } from '../../enforce/roster.ts'
import { goDuration, type LapiDecision, valuesFor } from './decision.ts'
import {
  type Delivery,
  deltaAnswer,
  NOTHING_DELIVERED,
  readDelivery,
  received,
  startupAnswer,
  written,
} from './delivery.ts'
import { type Dialect, dialectOf } from './dialect.ts'
import { filterOf } from './filter.ts'
import { streamText } from './stream-text.ts'

test('durations are whole seconds that every client reads, and never nothing', () => {
  for (const [millis, text] of [
    [-5, '1s'],
    [0, '1s'],
    [1, '1s'],
    [45_000, '45s'],
    [3_600_000, '1h0m0s'],
    [14_399_001, '4h0m0s'],
    [90_061_000, '25h1m1s'],
  ] as const)
    assert.equal(goDuration(millis), text)
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e9, max: 1e13 }), (ms) =>
      assert.match(goDuration(ms), /^(?:\d+h\d+m)?(?:\d+m)?\d+s$/),
    ),
  )
})

test('clients are known by what they call themselves', () => {
  assert.equal(dialectOf('crowdsec-firewall-bouncer/-').name, 'firewall')
  assert.equal(dialectOf('Crowdsec-Bouncer-Traefik-Plugin/1.X').name, 'traefik')
  assert.equal(dialectOf('crowdsec-openresty-bouncer/v1.0.1').name, 'lua')
  assert.equal(dialectOf('').ranges, true)
})

test('who cannot hold a range gets its addresses, or nothing', () => {
  const entry = (value: string) => ({ value }) as Parameters<typeof valuesFor>[0]
  const firewall = dialectOf('crowdsec-firewall-bouncer/-')
  assert.equal(valuesFor(entry('203.0.113.16/28'), firewall).length, 16)
  assert.deepEqual(valuesFor(entry('203.0.113.16/28'), firewall)[15], '203.0.113.31')
  assert.deepEqual(valuesFor(entry('203.0.113.0/24'), firewall), [])
  assert.deepEqual(valuesFor(entry('2001:db8::e/127'), firewall), ['2001:db8::e', '2001:db8::f'])
  assert.deepEqual(valuesFor(entry('2001:db8::/123'), firewall), [])
  assert.deepEqual(valuesFor(entry('2001:db8:1:2::/64'), firewall), [])
  assert.deepEqual(valuesFor(entry('2001:db8:1:2::/64'), dialectOf('x')), ['2001:db8:1:2::/64'])
})

/** A client as its sources (or, for the firewall bouncer, its observed behaviour) say. `until` per value. */
interface Model {
  readonly agent: string
  take(answer: { new: LapiDecision[] | null; deleted: LapiDecision[] | null }, now: number): void
  readonly set: Map<string, number>
}
const secondsOf = (duration: string): number => {
  const [, h = '0', m = '0', s = '0'] = /^(?:(\d+)h)?(?:(\d+)m)?(\d+)s$/.exec(duration)!
  return 3600 * Number(h) + 60 * Number(m) + Number(s)
}
const end = (d: LapiDecision, now: number): number => now + 1000 * secondsOf(d.duration)
const firewall = (): Model => {
  const set = new Map<string, number>()
  return {
    agent: 'crowdsec-firewall-bouncer/-',
    set,
    take(answer, now) {
      for (const d of answer.deleted ?? []) set.delete(d.value)
      for (const d of answer.new ?? []) {
        assert.ok(!d.value.includes('/'), `${d.value} would block one address of it`)
        // What is in the set already is skipped: a longer ban is not applied.
        if (!set.has(d.value)) set.set(d.value, end(d, now))
      }
    },
  }
}
const traefik = (): Model => {
  const set = new Map<string, number>()
  return {
    agent: 'Crowdsec-Bouncer-Traefik-Plugin/1.X',
    set,
    take(answer, now) {
      for (const d of answer.new ?? []) set.set(d.value, end(d, now))
      for (const d of answer.deleted ?? []) set.delete(d.value)
    },
  }
}
const lua = (): Model => {
  const set = new Map<string, number>()
  return {
    agent: 'crowdsec-openresty-bouncer/v1',
    set,
    take(answer, now) {
      for (const d of answer.deleted ?? []) set.delete(d.value)
      for (const d of answer.new ?? []) set.set(d.value, end(d, now))
    },
  }
}

const pull = async (
  roster: ActiveRoster,
  delivery: Delivery,
  dialect: Dialect,
  portion: number,
  now: number,
  startup: boolean,
): Promise<{ text: string; next: Delivery }> => {
  const answer = startup
    ? startupAnswer(roster, filterOf({}), portion)
    : deltaAnswer(roster, delivery, filterOf({}), portion)
  let text = ''
  for await (const piece of streamText(
    answer,
    dialect,
    !startup,
    roster,
    () => now,
    () => {},
  ))
    text += piece
  return { text, next: written(startup ? NOTHING_DELIVERED : delivery, answer.mark) }
}

const value = fc.constantFrom(
  ...['203.0.113.0/30', '203.0.113.0/24', '2001:db8::/126', '2001:db8::2'],
  ...Array.from({ length: 8 }, (_, i) => `203.0.113.${i + 1}`),
)
const values = fc.uniqueArray(value, { minLength: 1, maxLength: 6 })
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('ban' as const), values, lasts: fc.integer({ min: 5, max: 100 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lift' as const), value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), by: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pull' as const), lost: fc.boolean(), sameConnection: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
)

for (const make of [firewall, traefik, lua])
  test(`${make().agent}: whatever was lost on the way, it ends with what is in force`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY), { minLength: 1, maxLength: 5 }),
        async (steps, portions) => {
          const client = make()
          const dialect = dialectOf(client.agent)
          let pulls = 0
          let now = NOW
          let roster = new ActiveRoster(createGate([]))
          const held = new Map<string, Decision>()
          const changed = new Map<string, number>()
          const past: { decision: Decision; changedAt: number }[] = []
          let delivery: Delivery = NOTHING_DELIVERED
          const asks = async (startup: boolean, lost: boolean, sameConnection: boolean): Promise<void> => {
            // An answer that did not arrive breaks its connection.
            delivery = received(delivery, sameConnection)
            const { text, next } = await pull(
              roster,
              delivery,
              dialect,
              portions[pulls++ % portions.length]!,
              now,
              startup,
            )
            delivery = next
            if (!lost)
              client.take(JSON.parse(text) as { new: LapiDecision[] | null; deleted: LapiDecision[] | null }, now)
          }
          await asks(true, false, false)
          let lastLost = false
          for (const s of steps) {
            now += 1000
            if (s.kind === 'ban') {
              const until = now + s.lasts * 1000
              const made = s.values.map((one) => {
                const known = held.get(one)
                const next = known
                  ? { ...known, until: Math.max(known.until, until) }
                  : decision(one, { startsAt: now, until })
                held.set(one, next)
                changed.set(one, now)
                return next
              })
              roster.apply(made, now)
            } else if (s.kind === 'lift') {
              const known = held.get(s.value)
              if (known) {
                held.delete(s.value)
                past.push({ decision: { ...known, withdrawnAt: now }, changedAt: now })
                roster.apply([{ ...known, withdrawnAt: now }], now)
              }
            } else if (s.kind === 'wait') now += s.by * 1000
            else if (s.kind === 'pull') {
              // Two answers lost one after the other without the client ever noticing does not happen: it logs and stays on its tick.
              const lost: boolean = s.lost && !lastLost
              await asks(false, lost, s.sameConnection && !lastLost)
              lastLost = lost
            } else {
              delivery = readDelivery(JSON.stringify(delivery))
              roster = new ActiveRoster(createGate([]))
              restored(
                roster,
                [...held].map(([v, d]) => ({ decision: d, changedAt: changed.get(v)! })),
                past,
                NOW - 1,
                now,
              )
              lastLost = true
            }
            for (const [v, d] of held)
              if (d.until <= now) {
                held.delete(v)
                past.push({ decision: d, changedAt: changed.get(v)! })
              }
            roster.expire(now)
            for (const [v, until] of client.set) if (until <= now) client.set.delete(v)
          }
          for (let i = 0; i < 12; i++) await asks(false, false, i > 0)
          const wanted = new Map<string, number>()
          for (const d of held.values())
            for (const v of valuesFor({ ...d } as never, dialect)) wanted.set(v, Math.max(wanted.get(v) ?? 0, d.until))
          for (const [v, until] of client.set) {
            assert.ok(wanted.has(v), `${v} is blocked for nothing`)
            assert.ok(until <= wanted.get(v)! + 1000, `${v} is blocked ${until - wanted.get(v)!} ms too long`)
          }
          for (const v of wanted.keys()) assert.ok(client.set.has(v), `${v} is not blocked`)
        },
      ),
      { numRuns: 400 },
    )
  })

test('news beyond a portion waits its turn; what the client has is not sent again for it', () => {
  const roster = new ActiveRoster(createGate([]))
  const put = (net: string, count: number, at: number): void =>
    void roster.apply(
      Array.from({ length: count }, (_, i) => decision(`${net}.${i}`, { startsAt: at })),
      at,
    )
  put('198.51.100', 20, NOW)
  let delivery = received(written(NOTHING_DELIVERED, startupAnswer(roster, filterOf({}), 100).mark), true)
  put('203.0.113', 7, NOW + 1)
  const sent: string[] = []
  for (let i = 0; i < 4; i++) {
    const answer = deltaAnswer(roster, delivery, filterOf({}), 3)
    sent.push(...[...answer.fresh].map(({ value }) => value))
    delivery = received(written(delivery, answer.mark), true)
  }
  assert.deepEqual(
    sent.toSorted(),
    Array.from({ length: 7 }, (_, i) => `203.0.113.${i}`),
  )
})
