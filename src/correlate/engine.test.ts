import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import type { Alert } from '../core/alert.ts'
import type { AttackClass, Event, RuleMatch } from '../core/event.ts'
import { type Reason, silent } from '../core/reason.ts'
import { HOUR, MINUTE, type Millis, SECOND } from '../core/time.ts'
import { type StateRow, StateSpace } from '../kit/state.ts'
import { MOST_ROWS } from './bounded-put.ts'
import { createCorrelator } from './engine.ts'
import { createEvidence } from './evidence/evidence.ts'
import { parseScenario, type Scenario } from './scenario.ts'

const folder = fileURLToPath(new URL('../../content/scenarios/', import.meta.url))
const pack: readonly Scenario[] = readdirSync(folder)
  .filter((f) => f.endsWith('.yaml'))
  .map((f) => parseScenario(readFileSync(folder + f, 'utf8'), f))

const NOW: Millis = Date.UTC(2026, 10, 22, 9)
let serial = 0

interface Sketch {
  readonly ip?: string
  readonly at?: Millis
  readonly path?: string
  readonly status?: number
  readonly method?: string
  readonly classes?: readonly AttackClass[]
  readonly blocked?: boolean
  readonly userAgent?: string
  readonly session?: string
  readonly host?: string
  readonly matches?: readonly RuleMatch[]
  readonly id?: string
}

const match = (attackClass: AttackClass, more: Partial<RuleMatch> = {}): RuleMatch => ({
  ruleId: { sqli: 942100, xss: 941100, lfi: 930100, scanner: 913100 }[attackClass as string] ?? 932100,
  message: 'Attack',
  data: '',
  severity: 'CRITICAL',
  tags: [],
  file: '',
  line: 1,
  variable: 'ARGS:q',
  attackClass,
  ...more,
})

const event = (s: Sketch): Event => {
  const matches = s.matches ?? (s.classes ?? []).map((c) => match(c))
  const path = s.path ?? '/'
  return {
    id: s.id ?? `e-${serial++}`,
    transactionId: '',
    time: s.at ?? NOW,
    sensor: 's',
    engine: 'modsecurity3',
    clientIp: s.ip ?? '203.0.113.5',
    peerIp: s.ip ?? '203.0.113.5',
    request: {
      method: s.method ?? 'GET',
      host: s.host ?? 'shop.example.net',
      uri: path,
      path,
      query: '',
      userAgent: s.userAgent ?? 'curl/8',
      headers: [],
      httpVersion: '1.1',
    },
    response: { status: s.status ?? 200 },
    matches,
    attackClasses: [...new Set(matches.filter((m) => !m.evaluation).map((m) => m.attackClass))],
    threatScore: matches.length * 4,
    severity: matches.length > 0 ? 'high' : 'info',
    disposition: (s.blocked ?? matches.length > 0) ? 'blocked' : 'allowed',
    dispositionConfidence: 1,
    redacted: [],
    raw: { source: 't', offset: 0, length: 1 },
    ...(s.session === undefined ? {} : { session: s.session }),
  }
}

const scenario = (text: string): Scenario =>
  parseScenario(`summary: s\nproves: p\n${text.trim().replace(/^ +/gm, '')}`, 'test.yaml')

const run = (scenarios: readonly Scenario[], events: readonly Event[], restrained = false): Alert[] => {
  const correlator = createCorrelator({ scenarios }, new StateSpace())
  return events.flatMap((e) => correlator.pour(e, { restrained }, silent))
}

const sweep = scenario(`
  name: sweep
  on: { status: [404] }
  type: leaky
  capacity: 3
  leak: 1/10s
  distinct: path
  verdict: throttle`)
const pages = (n: number, more: Sketch = {}) =>
  Array.from({ length: n }, (_, i) => event({ status: 404, path: `/${i}`, at: NOW + i * 100, ...more }))

describe('an alert', () => {
  test('says who, when, how many, which events and why', () => {
    const events = pages(4)
    const [alert, ...more] = run([sweep], events)
    assert.deepEqual(more, [])
    assert.deepEqual(
      [alert?.scenario, alert?.subject, alert?.verdict, alert?.eventCount, alert?.startedAt, alert?.stoppedAt],
      ['sweep', { scope: 'Ip', value: '203.0.113.5' }, 'throttle', 4, NOW, NOW + 300],
    )
    assert.deepEqual(
      alert?.events,
      events.map((e) => e.id),
    )
    assert.match(alert?.reasons[0]?.text ?? '', /s: 4 events in 300ms \(more than 3, leaking 1 per 10s\)/)
    assert.equal(alert?.reasons[1]?.text, 'p')
  })

  test('cites at most 32 events, the first and the latest, and counts them all', () => {
    const many = scenario(`
      name: many
      on: matches
      type: counter
      capacity: 99
      window: 1h
      verdict: watch`)
    const events = Array.from({ length: 100 }, (_, i) => event({ classes: ['sqli'], at: NOW + i }))
    const [alert] = run([many], events)
    assert.equal(alert?.eventCount, 100)
    const ids = events.map((e) => e.id)
    assert.deepEqual(alert?.events, [...ids.slice(0, 16), ...ids.slice(-16)])
  })

  test('is not repeated while the scenario is quiet; what was held back is counted by the next one', () => {
    const every = scenario(`
      name: every
      on: matches
      type: trigger
      verdict: watch
      quiet: 1h`)
    const flood = Array.from({ length: 5000 }, (_, i) => event({ classes: ['sqli'], at: NOW + i * SECOND }))
    const alerts = run([every], flood)
    assert.deepEqual(
      alerts.map((a) => a.eventCount),
      [1, 3600],
    )
    assert.equal(alerts[1]?.events.length, 32)
    assert.equal(new Set(alerts.map((a) => a.id)).size, 2)
  })
})

test('one event from a clock that jumped ahead blinds no scenario to what comes after it', () => {
  const ahead = pages(4, {}).map((e) => ({ ...e, id: `${e.id}-ahead`, time: e.time + 1000 * 24 * HOUR }))
  assert.deepEqual(
    run([sweep], [...ahead, ...pages(4)]).map((a) => a.stoppedAt),
    [NOW + 1000 * 24 * HOUR + 300, NOW + 300],
  )
})

describe('what is counted', () => {
  test('by client: another address fills another bucket; IPv6 neighbours in one /64 fill one', () => {
    const mixed = pages(4).map((e, i) => ({ ...e, clientIp: i % 2 ? '203.0.113.6' : '203.0.113.5' }))
    assert.deepEqual(run([sweep], mixed), [])
    const v6 = pages(4).map((e, i) => ({ ...e, clientIp: `2001:db8::${i + 1}` }))
    assert.deepEqual(run([sweep], v6)[0]?.subject, { scope: 'Range', value: '2001:db8::/64' })
  })

  for (const [key, field] of [
    ['host', 'host'],
    ['session', 'session'],
    ['user-agent', 'userAgent'],
  ] as const)
    test(`by ${key} too, if asked`, () => {
      const by = scenario(`
        name: by
        on: matches
        key: ${key}
        type: counter
        capacity: 2
        window: 1h
        verdict: watch`)
      const of = (n: number, v: (i: number) => string) =>
        Array.from({ length: n }, (_, i) => event({ classes: ['sqli'], [field]: v(i) }))
      assert.equal(
        run(
          [by],
          of(3, () => 'a'),
        ).length,
        1,
      )
      assert.equal(
        run(
          [by],
          of(6, (i) => `v${i % 3}`),
        ).length,
        0,
      )
    })

  test('by network, if asked: the alert is about the network', () => {
    const by = scenario(`
      name: by
      on: matches
      key: network
      type: distinct
      distinct: client
      capacity: 2
      window: 1h
      verdict: watch`)
    const events = [1, 2, 3].map((n) => event({ classes: ['sqli'], ip: `203.0.113.${n}` }))
    assert.deepEqual(run([by], events)[0]?.subject, { scope: 'Range', value: '203.0.113.0/24' })
  })

  test('different rule families, parameters and targets', () => {
    const by = (of: string) =>
      scenario(`
        name: by
        on: matches
        type: distinct
        distinct: ${of}
        capacity: 2
        window: 1h
        verdict: watch`)
    const classes: AttackClass[] = ['sqli', 'xss', 'lfi']
    assert.equal(run([by('rule-family')], [event({ classes })]).length, 1)
    assert.equal(
      run(
        [by('rule-family')],
        classes.map(() => event({ classes: ['sqli'] })),
      ).length,
      0,
    )
    const at = (variable: string) => event({ matches: [match('sqli', { variable })] })
    assert.equal(run([by('parameter')], ['ARGS:a', 'ARGS:b', 'ARGS:c'].map(at)).length, 1)
    assert.equal(run([by('parameter')], ['ARGS:a', 'ARGS:a', 'ARGS:b'].map(at)).length, 0)
    assert.equal(
      run(
        [by('target')],
        ['/a', '/b', '/c'].map((path) => event({ path, classes: ['sqli'] })),
      ).length,
      1,
    )
  })

  test('statuses of a restrained client are our own doing; its matches are not', () => {
    const hit = scenario(`
      name: hit
      on: matches
      type: trigger
      verdict: watch`)
    assert.deepEqual(run([sweep], pages(20), true), [])
    assert.equal(run([hit], [event({ classes: ['sqli'] })], true).length, 1)
  })

  test('a denial by the WAF is no answer of the site', () => {
    const denied = Array.from({ length: 20 }, (_, i) => event({ status: 404, path: `/${i}`, classes: ['sqli'] }))
    assert.deepEqual(run([sweep], denied), [])
  })

  test('rules that carry out our decisions, and rules that only keep score, are no evidence', () => {
    const hit = scenario(`
      name: hit
      on: matches
      filter: "'sqli' in classes || 'other' in classes"
      type: trigger
      verdict: ban`)
    for (const own of [
      match('other', { tags: ['riposte/deny'] }),
      match('other', { message: 'Riposte: banned until 10:00' }),
      match('other', { message: 'Attacker detected using RBL from rbl.example.org' }),
      match('other', { ruleId: 949110, evaluation: true }),
    ]) {
      assert.deepEqual(run([hit], [event({ matches: [own] })]), [])
      assert.equal(run([hit], [event({ matches: [own, match('sqli')] })]).length, 1)
    }
    assert.deepEqual(run([hit], [event({ matches: [match('xss'), match('other', { tags: ['riposte/deny'] })] })]), [])
  })

  test('events with other statuses or methods are not even offered', () => {
    const posts = scenario(`
      name: posts
      on: { status: [401], method: [POST] }
      type: trigger
      verdict: watch`)
    assert.equal(run([posts], [event({ status: 401, method: 'POST' })]).length, 1)
    assert.equal(run([posts], [event({ status: 401 }), event({ status: 403, method: 'POST' })]).length, 0)
  })
})

test('a filter that cannot be evaluated is no match, and counted', () => {
  const far = scenario(`
    name: far
    on: any
    filter: path.substring(5) == 'x'
    type: trigger
    verdict: watch`)
  const correlator = createCorrelator({ scenarios: [far] }, new StateSpace())
  assert.deepEqual(correlator.pour(event({ path: '/' }), { restrained: false }, silent), [])
  assert.equal(correlator.pour(event({ path: '/1234x' }), { restrained: false }, silent).length, 1)
  assert.deepEqual(correlator.filterErrors(), { far: 1 })
})

test('what is capped for want of evidence says so, and a disabled scenario says nothing', () => {
  const wanted = `
    name: wanted
    on: matches
    type: trigger
    verdict: ban
    duration: 1d
    requires: evidence`
  const [alert] = run([scenario(wanted)], [event({ classes: ['sqli'] })])
  assert.deepEqual([alert?.verdict, alert?.duration], ['watch', undefined])
  assert.ok(alert?.reasons.some((r) => r.code === 'scenario.unconfirmed'))
  assert.deepEqual(run([scenario(`${wanted}\nenabled: false`)], [event({ classes: ['sqli'] })]), [])
})

test('of two scenarios with one name the later replaces the earlier', () => {
  const text = (verdict: string) => `name: same\non: matches\ntype: trigger\nverdict: ${verdict}`
  const alerts = run([scenario(text('ban')), scenario(text('watch'))], [event({ classes: ['sqli'] })])
  assert.deepEqual(
    alerts.map((a) => a.verdict),
    ['watch'],
  )
})

test('a watch that the evidence confirms later is said again, with the events that it was about', () => {
  const state = new StateSpace()
  const correlator = createCorrelator({ scenarios: pack, evidence: createEvidence({}, state) }, state)
  // One injection is a suspicion; a touched trap is nearly proof, and proves the injection with it.
  const events = [event({ classes: ['sqli'] }), event({ classes: ['honeypot'], at: NOW + SECOND })]
  const said = events
    .flatMap((e) => correlator.pour(e, { restrained: false }, silent))
    .filter((a) => a.scenario === 'sql-injection')
  assert.deepEqual(
    said.map((a) => a.verdict),
    ['watch', 'ban'],
  )
  assert.ok(said[1]?.events.includes(events[0]!.id))
  assert.equal(said[1]?.duration, 24 * HOUR)
  assert.equal(said[0]?.duration, undefined)
  assert.ok((said[1]?.confidence ?? 0) > (said[0]?.confidence ?? 100))
})

test('forget empties the buckets of the subject, of every key, and of nobody else', () => {
  const keyed = scenario(`
    name: keyed
    on: { status: [404] }
    key: host
    type: leaky
    capacity: 3
    leak: 1/10s
    verdict: throttle`)
  const correlator = createCorrelator({ scenarios: [sweep, keyed] }, new StateSpace())
  const pour = (e: Event) => correlator.pour(e, { restrained: false }, silent)
  for (const e of [...pages(3), ...pages(3, { ip: '203.0.113.50' })]) assert.deepEqual(pour(e), [])
  correlator.forget({ scope: 'Ip', value: '203.0.113.5' }, NOW + SECOND)
  assert.deepEqual(pour(event({ status: 404, path: '/new', at: NOW + SECOND })), [])
  assert.equal(pour(event({ status: 404, path: '/new', at: NOW + SECOND, ip: '203.0.113.50' })).length, 2)
})

test('a flood from many addresses fills no table beyond its limit, and the newest are kept', () => {
  const state = new StateSpace()
  const correlator = createCorrelator({ scenarios: [sweep] }, state)
  const ip = (i: number) => `203.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`
  for (let i = 0; i < MOST_ROWS + 500; i++)
    correlator.pour(event({ ip: ip(i), status: 404, path: '/', at: NOW }), { restrained: false }, silent)
  const table = state.table('bucket/sweep')
  assert.equal(table.size, MOST_ROWS)
  assert.equal(table.get(ip(499), NOW), undefined)
  assert.notEqual(table.get(ip(MOST_ROWS + 499), NOW), undefined)
})

test('every step leaves its reason in the trace', () => {
  const reasons: Reason[] = []
  const correlator = createCorrelator({ scenarios: [sweep] }, new StateSpace())
  const trace = { on: true, why: (reason: Reason) => void reasons.push(reason) }
  for (const e of pages(4)) correlator.pour(e, { restrained: false }, trace)
  assert.deepEqual(
    [...new Set(reasons.map((r) => r.code))],
    ['bucket.filled', 'bucket.overflow', 'scenario.sweep', 'scenario.proves'],
  )
})

describe('whatever comes, with the whole pack and the evidence', () => {
  const sketch = fc.record({
    ip: fc.constantFrom('203.0.113.5', '203.0.113.6', '2001:db8::1', '2001:db8::2'),
    gap: fc.constantFrom(0, 0, 100, SECOND, 3 * SECOND, 30 * SECOND, MINUTE, HOUR),
    late: fc.constantFrom(0, 0, 0, SECOND, 2 * MINUTE, HOUR),
    path: fc.constantFrom(
      '/',
      '/a',
      '/b',
      '/c',
      '/login',
      '/wp-login.php',
      '/admin',
      '/x1',
      '/x2',
      '/x3',
      '/x4',
      '/x5',
    ),
    status: fc.constantFrom(200, 200, 302, 401, 404, 404),
    method: fc.constantFrom('GET', 'POST'),
    classes: fc.constantFrom<AttackClass[][]>([], [], [], ['sqli'], ['xss', 'lfi'], ['scanner'], ['honeypot']),
    restrained: fc.constantFrom(false, false, true),
    times: fc.constantFrom(1, 1, 2, 9, 16),
    session: fc.constantFrom(undefined, 's-1'),
  })
  const stream = fc.array(sketch, { minLength: 1, maxLength: 30, size: 'max' }).map((sketches) => {
    let at = NOW
    return sketches.flatMap(({ gap, late, times, restrained, session, ...s }, i) =>
      Array.from({ length: times }, (_, k) => {
        at += gap
        const more = session === undefined ? {} : { session }
        return {
          restrained,
          event: event({ ...s, ...more, at: at - late, id: `e-${i}-${k}`, path: s.path + (k > 0 ? k : '') }),
        }
      }),
    )
  })
  type Stream = typeof stream extends fc.Arbitrary<infer T> ? T : never

  /** `restartAt`: everything goes through JSON into a new house after so many events, and is swept. */
  const play = (items: Stream, restarts: ReadonlySet<number> = new Set(), scenarios = pack): Alert[] => {
    let state = new StateSpace()
    const rows = new Map<string, StateRow>()
    const open = () => createCorrelator({ scenarios, evidence: createEvidence({}, state) }, state)
    let correlator = open()
    const alerts: Alert[] = []
    let newest = 0
    for (const [i, item] of items.entries()) {
      if (restarts.has(i)) {
        // The pipeline sweeps ten minutes behind the log, so that a late record finds its rows still there.
        state.sweep(newest - 10 * MINUTE)
        for (const row of state.drain())
          if (row.value === null) rows.delete(`${row.table}\0${row.key}`)
          else rows.set(`${row.table}\0${row.key}`, row)
        state = new StateSpace()
        state.restore(rows.values())
        correlator = open()
      }
      newest = Math.max(newest, item.event.time)
      alerts.push(...correlator.pour(item.event, { restrained: item.restrained }, silent))
    }
    return alerts
  }
  /** The evidence answers for its own alerts in its own folder; here it only has to be there. */
  const scenariosOnly = (alerts: readonly Alert[]) => alerts.filter((a) => a.scenario !== 'evidence')
  const long = process.env['RIPOSTE_LONG'] !== undefined
  const runs = { numRuns: long ? 2000 : 120 }

  test('a crash, a sweep and a restart at any point change no alert', () => {
    let alerts = 0
    fc.assert(
      fc.property(stream, fc.array(fc.nat(300), { maxLength: 6 }), (items, restarts) => {
        // Disorder beyond the grace of a row is the one thing that a sweep may show.
        const orderly = items.filter((item, i) => i === 0 || item.event.time > NOW - MINUTE)
        let newest = 0
        const kept = orderly.filter(({ event: { time } }) => {
          newest = Math.max(newest, time)
          return newest - time < 5 * MINUTE
        })
        const plain = play(kept)
        alerts += plain.length
        assert.deepEqual(scenariosOnly(play(kept, new Set(restarts))), scenariosOnly(plain))
      }),
      runs,
    )
    assert.ok(alerts > 200, `only ${alerts} alerts in all cases`)
  })

  test('shifting the clock shifts the alerts and nothing else', () => {
    fc.assert(
      fc.property(stream, fc.nat(1e12), (items, by) => {
        const bare = (alerts: readonly Alert[], shift: number) =>
          alerts.map((a) => [
            a.id,
            a.scenario,
            a.verdict,
            a.eventCount,
            a.startedAt - shift,
            a.stoppedAt - shift,
            a.confidence,
          ])
        const later = items.map((item) => ({ ...item, event: { ...item.event, time: item.event.time + by } }))
        assert.deepEqual(bare(play(later), by), bare(play(items), 0))
      }),
      runs,
    )
  })

  test('scenarios do not disturb each other', () => {
    fc.assert(
      fc.property(stream, fc.constantFrom(...pack.filter((s) => s.on.kind !== 'remedies')), (items, one) => {
        const of = (alerts: readonly Alert[]) => alerts.filter((a) => a.scenario === one.name)
        assert.deepEqual(of(play(items, new Set(), [one])), of(play(items)))
      }),
      runs,
    )
  })

  test('every alert is well formed, and no id comes twice', () => {
    fc.assert(
      fc.property(stream, (items) => {
        const alerts = play(items)
        assert.equal(new Set(alerts.map((a) => a.id)).size, alerts.length)
        for (const a of scenariosOnly(alerts)) {
          assert.ok(a.startedAt <= a.stoppedAt)
          assert.ok(a.events.length > 0 && a.events.length <= 32)
          assert.ok(a.eventCount >= a.events.length)
          assert.ok(a.confidence >= 0 && a.confidence <= 100)
          assert.ok(a.reasons.length > 0)
        }
      }),
      runs,
    )
  })
})
