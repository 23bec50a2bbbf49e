/**
 * What must hold whatever comes in: random alerts, commands and restarts, aimed at a few addresses so that they meet.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Command } from '../core/act.ts'
import type { Alert } from '../core/alert.ts'
import { overlaps } from '../core/cidr-set.ts'
import { type Decision, decisionKey, isActive } from '../core/decision.ts'
import { derivedId } from '../core/id.ts'
import { parseCidr, subjectOf } from '../core/ip.ts'
import { silent } from '../core/reason.ts'
import { HOUR, MINUTE, type Millis } from '../core/time.ts'
import { DecisionTable } from '../kit/decision-table.ts'
import { type StateRow, StateSpace } from '../kit/state.ts'
import { createDecider, type DecideOptions, type Decider } from './decider.ts'
import { strength } from './overlap.ts'

const START: Millis = Date.UTC(2026, 10, 22, 9)
const PROTECTED = ['192.0.2.1', '198.51.100.0/28', '2001:db8::5', '203.0.113.80', '10.0.0.0/8', '198.51.100.200']

const options: DecideOptions = {
  allowlist: [
    { value: '192.0.2.1', kind: 'ip', reason: 'office', addedAt: 0, addedBy: 'config' },
    { value: '198.51.100.0/28', kind: 'range', reason: 'branch', addedAt: 0, addedBy: 'config' },
    { value: '2001:db8::5', kind: 'ip', reason: 'home', addedAt: 0, addedBy: 'config' },
  ],
  own: [parseCidr('203.0.113.80')!],
  trustedProxies: [parseCidr('198.51.100.200')!],
  shadowScenarios: ['trial'],
  budget: { perMinute: 4 },
  coolOff: { duration: 5 * MINUTE },
}

type Step =
  | { readonly kind: 'alert'; readonly alert: Alert }
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'restart' }

const ADDRESSES = [
  '192.0.2.1',
  '192.0.2.2',
  '192.0.2.3',
  '198.51.100.5',
  '198.51.100.20',
  '203.0.113.80',
  '203.0.113.81',
  '10.1.1.1',
  '198.51.100.200',
  '2001:db8::1',
  '2001:db8:1::1',
  '2001:db8:1::2',
]
const VALUES = [
  ...ADDRESSES,
  '192.0.2.0/30',
  '192.0.2.2/31',
  '203.0.113.0/24',
  '203.0.113.81/32',
  '2001:db8:1::/48',
  'x',
]

/** Two of them often, so that decisions meet. */
const address = fc.oneof(fc.constantFrom('192.0.2.2', '2001:db8:1::1'), fc.constantFrom(...ADDRESSES))
const value = fc.constantFrom(...VALUES)
const verdict = fc.constantFrom('watch' as const, 'throttle' as const, 'captcha' as const, 'ban' as const)
/** On the boundaries of the durations used, where off-by-one lives. */
const gap = fc.constantFrom(0, 1, 1000, MINUTE - 1, MINUTE, 5 * MINUTE, HOUR - 1, HOUR, 4 * HOUR)
const lasting = fc.constantFrom(1, MINUTE, HOUR, 4 * HOUR)

const wish = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('alert' as const),
      ip: address,
      verdict,
      scenario: fc.constantFrom('evidence', 'sql-injection', 'trial'),
      duration: fc.option(lasting, { nil: undefined }),
      confidence: fc.constantFrom(50, 100),
      clean: fc.constantFrom(0, 90),
      userAgents: fc.constantFrom(1, 9),
      late: fc.constantFrom(0, 0, 0, 500, MINUTE),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('decision.add' as const), type: verdict, value, duration: lasting }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('decision.remove' as const), value }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('allow.add' as const),
      value,
      expires: fc.option(lasting, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('allow.remove' as const), value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('budget.thaw' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
)
type Wish = typeof wish extends fc.Arbitrary<infer T> ? T : never
const script = fc.array(fc.tuple(gap, wish), { minLength: 1, maxLength: 40, size: 'max' })

const steps = (wishes: readonly (readonly [number, Wish])[], shift = 0): { at: Millis; step: Step }[] => {
  let at = START + shift
  return wishes.map(([wait, w], i): { at: Millis; step: Step } => {
    at += wait
    switch (w.kind) {
      case 'alert': {
        const time = at - w.late
        const alert: Alert = {
          id: derivedId('a', w.scenario, i),
          scenario: w.scenario,
          subject: subjectOf(w.ip),
          sensor: 's',
          startedAt: time,
          stoppedAt: time,
          eventCount: 1,
          events: [`e-${i}`],
          attackClasses: [],
          severity: 'high',
          confidence: w.confidence,
          verdict: w.verdict,
          conduct: {
            requests: 100,
            matched: 10,
            clean: w.clean,
            userAgents: w.userAgents,
            sessions: 1,
            clientsSeen: 500,
          },
          reasons: [{ stage: 'correlate', code: 'x', text: `because ${i}` }],
          ...(w.duration === undefined ? {} : { duration: w.duration }),
        }
        return { at: time, step: { kind: 'alert', alert } }
      }
      case 'restart':
        return { at, step: { kind: 'restart' } }
      case 'decision.add':
        return { at, step: { kind: 'command', command: { ...w, reason: 'r' } } }
      case 'decision.remove':
        return { at, step: { kind: 'command', command: { ...w, reason: 'r' } } }
      case 'allow.add': {
        const entry = {
          value: w.value,
          kind: w.value.includes('/') ? ('range' as const) : ('ip' as const),
          reason: 'r',
          ...(w.expires === undefined ? {} : { expiresAt: at + w.expires }),
        }
        return { at, step: { kind: 'command', command: { kind: 'allow.add', entry } } }
      }
      case 'allow.remove':
        return { at, step: { kind: 'command', command: w } }
      default:
        return { at, step: { kind: 'command', command: { kind: 'budget.thaw', reason: 'r' } } }
    }
  })
}

interface Moment {
  /** The newest time so far: a late alert does not turn the clock back. */
  readonly at: Millis
  readonly decisions: readonly Decision[]
  readonly answer: string
  readonly acts: readonly unknown[]
  readonly allowed: readonly string[]
}

/** As a store keeps them: of those not withdrawn the one that lasts longest holds its place. */
const held = (ledger: Iterable<Decision>): DecisionTable => {
  const table = new DecisionTable()
  const standing = [...ledger].filter((d) => d.withdrawnAt === undefined)
  for (const decision of standing.sort((a, b) => a.until - b.until)) table.put(decision)
  return table
}

/** Plays a script; at a `restart` everything goes through JSON into a new house, as a crash and a start would. */
const play = (
  script: readonly { at: Millis; step: Step }[],
  restarts: boolean,
): { moments: Moment[]; decider: Decider } => {
  let state = new StateSpace()
  let decider = createDecider(options, state)
  /** What a store holds of the state after many commits. */
  const rows = new Map<string, StateRow>()
  const ledger = new Map<string, Decision>()
  const allowlist = new Map<
    string,
    Extract<Command, { kind: 'allow.add' }>['entry'] & { addedAt: number; addedBy: string }
  >()
  const moments: Moment[] = []
  let now = 0
  for (const { at, step } of script) {
    let decisions: readonly Decision[] = []
    let acts: readonly unknown[] = []
    let answer = ''
    if (step.kind === 'restart') {
      if (restarts) {
        for (const row of state.drain())
          if (row.value === null) rows.delete(`${row.table}\0${row.key}`)
          else rows.set(`${row.table}\0${row.key}`, row)
        state = new StateSpace()
        state.restore(rows.values())
        decider = createDecider(options, state)
        const undone = decider.restore(held(ledger.values()), [...allowlist.values()] as never, at)
        assert.deepEqual(undone.decisions, [], 'a restart with the same configuration undoes nothing')
      }
    } else if (step.kind === 'alert') {
      const judged = decider.judge(step.alert, silent)
      decisions = judged.decisions
      acts = judged.acts
    } else {
      const done = decider.command(step.command, 'cli:test', at)
      decisions = done.decisions
      acts = done.acts
      answer = `${done.ok} ${done.allowlist.length} ${JSON.stringify(done.forget ?? null)}`
      for (const { value, entry } of done.allowlist) entry ? allowlist.set(value, entry) : allowlist.delete(value)
    }
    for (const d of decisions) ledger.set(d.id, d)
    const allowed = [...allowlist.values()]
      .filter((e) => e.expiresAt === undefined || e.expiresAt > Math.max(now, at))
      .map((e) => e.value)
    now = Math.max(now, at)
    moments.push({ at: now, decisions, answer, acts, allowed })
  }
  return { moments, decider }
}

const runs = { numRuns: process.env['RIPOSTE_LONG'] ? 5000 : 200 }

test('no decision ever covers a protected address, and none is in force on what was allowlisted later', () => {
  let bites = 0
  fc.assert(
    fc.property(script, (wishes) => {
      const ledger = new Map<string, Decision>()
      for (const { at, decisions, allowed } of play(steps(wishes), true).moments) {
        for (const d of decisions) ledger.set(d.id, d)
        for (const d of ledger.values()) {
          if (!isActive(d, at)) continue
          const cidr = parseCidr(d.value)!
          for (const text of PROTECTED)
            assert.equal(overlaps(cidr, parseCidr(text)!), false, `${d.value} covers ${text}`)
          for (const text of allowed)
            assert.equal(overlaps(cidr, parseCidr(text)!), false, `${d.value} covers allowlisted ${text}`)
          bites++
        }
      }
    }),
    runs,
  )
  assert.ok(bites > 1000, `only ${bites} decisions were looked at`)
})

test('at most one decision is in force per scope and value; its end never shrinks and its type never weakens', () => {
  let grown = 0
  fc.assert(
    fc.property(script, (wishes) => {
      const ledger = new Map<string, Decision>()
      for (const { at, decisions } of play(steps(wishes), true).moments) {
        for (const d of decisions) {
          const before = ledger.get(d.id)
          if (before && d.withdrawnAt === undefined) {
            assert.ok(d.until >= before.until, 'the end shrank')
            assert.ok(strength(d.type) >= strength(before.type), 'the type weakened')
            assert.equal(d.startsAt, before.startsAt)
            grown++
          }
          ledger.set(d.id, d)
        }
        const keys = [...ledger.values()].filter((d) => isActive(d, at)).map(decisionKey)
        assert.equal(new Set(keys).size, keys.length, `two in force: ${keys}`)
      }
    }),
    runs,
  )
  assert.ok(grown > 20, `only ${grown} decisions grew`)
})

test('a crash and a restart at any point change nothing', () => {
  fc.assert(
    fc.property(script, (wishes) => {
      assert.deepEqual(play(steps(wishes), true).moments, play(steps(wishes), false).moments)
    }),
    runs,
  )
})

test('shifting the clock shifts the decisions and nothing else', () => {
  const bare = (moments: readonly Moment[], shift: number) =>
    moments.map((m) => ({
      answer: m.answer,
      decisions: m.decisions.map((d) => [
        d.type,
        d.scope,
        d.value,
        d.startsAt - shift,
        d.until - shift,
        d.simulated,
        d.withdrawnAt === undefined ? undefined : d.withdrawnAt - shift,
      ]),
    }))
  fc.assert(
    fc.property(script, fc.nat(10 * 365 * 24 * HOUR), (wishes, shift) => {
      assert.deepEqual(
        bare(play(steps(wishes, shift), false).moments, shift),
        bare(play(steps(wishes), false).moments, 0),
      )
    }),
    runs,
  )
})

test('whom the ledger bans is restrained, and nobody else', () => {
  fc.assert(
    fc.property(script, (wishes) => {
      const { moments, decider } = play(steps(wishes), true)
      const ledger = new Map<string, Decision>()
      for (const { decisions } of moments) for (const d of decisions) ledger.set(d.id, d)
      const at = Math.max(...moments.map((m) => m.at))
      for (const ip of ADDRESSES) {
        const self = parseCidr(ip)!
        const expected = [...ledger.values()].some(
          (d) => isActive(d, at) && !d.simulated && d.type !== 'watch' && overlaps(parseCidr(d.value)!, self),
        )
        assert.equal(decider.isRestrained(ip, at), expected, ip)
      }
    }),
    runs,
  )
})
