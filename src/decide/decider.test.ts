import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Alert, Conduct, Verdict } from '../core/alert.ts'
import { derivedId } from '../core/id.ts'
import { parseCidr, subjectOf } from '../core/ip.ts'
import { type Reason, silent, type Trace } from '../core/reason.ts'
import { DAY, HOUR, MINUTE, type Millis } from '../core/time.ts'
import { DecisionTable } from '../kit/decision-table.ts'
import { StateSpace } from '../kit/state.ts'
import { createDecider, type DecideOptions } from './decider.ts'

const NOW: Millis = Date.UTC(2026, 10, 22, 9)

let serial = 0
const alert = (ip: string, verdict: Verdict, more: Partial<Alert> = {}): Alert => {
  const at = more.stoppedAt ?? NOW
  return {
    id: derivedId('a', ip, verdict, at, serial++),
    scenario: 'sql-injection',
    subject: subjectOf(ip),
    sensor: 's',
    startedAt: at,
    stoppedAt: at,
    eventCount: 1,
    events: ['e-1'],
    attackClasses: ['sqli'],
    severity: 'high',
    confidence: 80,
    verdict,
    reasons: [{ stage: 'correlate', code: 'scenario.sql-injection', text: 'SQL injection: 1 event' }],
    ...more,
  }
}

const house = (options: DecideOptions = {}) => createDecider(options, new StateSpace())
const listening = () => {
  const reasons: Reason[] = []
  const trace: Trace = { on: true, why: (reason) => void reasons.push(reason) }
  return { trace, codes: () => reasons.map((r) => r.code), reasons }
}
const cidr = (text: string) => parseCidr(text)!
const conduct = (more: Partial<Conduct>): Conduct => ({
  requests: 10,
  matched: 5,
  clean: 5,
  userAgents: 1,
  sessions: 1,
  clientsSeen: 1000,
  ...more,
})

describe('an alert becomes a decision', () => {
  test('with scope, value, end, origin, reason and audit act', () => {
    const { decisions, acts, findings } = house().judge(alert('192.0.2.7', 'ban', { duration: DAY }), silent)
    assert.equal(decisions.length, 1)
    const [d] = decisions
    assert.deepEqual(
      [d?.type, d?.scope, d?.value, d?.origin, d?.startsAt, d?.until, d?.simulated],
      ['ban', 'Ip', '192.0.2.7', 'engine', NOW, NOW + DAY, false],
    )
    assert.equal(d?.reason, 'SQL injection: 1 event')
    assert.deepEqual(
      acts.map((a) => [a.verb, a.actor, a.subject]),
      [['decision.add', 'engine', d?.id]],
    )
    assert.deepEqual(findings, [])
  })

  test('IPv6 clients are decided on as their /64, however the address is written', () => {
    const decider = house()
    const [d] = decider.judge(alert('2001:db8:0:1::dead', 'ban'), silent).decisions
    assert.deepEqual([d?.scope, d?.value], ['Range', '2001:db8:0:1::/64'])
    assert.equal(decider.isRestrained('2001:db8:0:1:ffff::1', NOW), true)
    assert.equal(decider.isRestrained('2001:db8:0:2::1', NOW), false)
  })

  test('watch restrains nobody, shadow restrains nobody, an ended ban restrains nobody', () => {
    const decider = house({ shadowScenarios: ['trial'] })
    decider.judge(alert('192.0.2.1', 'watch'), silent)
    const [trial] = decider.judge(alert('192.0.2.2', 'ban', { scenario: 'trial' }), silent).decisions
    decider.judge(alert('192.0.2.3', 'ban', { duration: HOUR }), silent)
    assert.equal(trial?.simulated, true)
    assert.equal(decider.isRestrained('192.0.2.1', NOW), false)
    assert.equal(decider.isRestrained('192.0.2.2', NOW), false)
    assert.equal(decider.isRestrained('192.0.2.3', NOW + HOUR - 1), true)
    assert.equal(decider.isRestrained('192.0.2.3', NOW + HOUR), false)
  })

  test('in shadow mode everything is simulated, and the budget is not spent', () => {
    const decider = house({ shadow: true, budget: { perMinute: 2 } })
    for (let i = 1; i <= 5; i++)
      assert.equal(decider.judge(alert(`192.0.2.${i}`, 'ban'), silent).decisions[0]?.simulated, true)
    assert.equal(decider.frozen, false)
  })
})

describe('allowlist', () => {
  const allow = (value: string, kind: 'ip' | 'range' | 'host', expiresAt?: Millis) => ({
    value,
    kind,
    reason: 'office',
    addedAt: 0,
    addedBy: 'config',
    ...(expiresAt === undefined ? {} : { expiresAt }),
  })

  test('protects an address, a network, and with a reason in the trace', () => {
    const decider = house({ allowlist: [allow('192.0.2.7', 'ip'), allow('198.51.100.0/24', 'range')] })
    const { trace, reasons } = listening()
    assert.deepEqual(decider.judge(alert('192.0.2.7', 'ban'), trace).decisions, [])
    assert.deepEqual(decider.judge(alert('198.51.100.200', 'watch'), trace).decisions, [])
    assert.equal(decider.judge(alert('192.0.2.8', 'ban'), trace).decisions.length, 1)
    assert.match(reasons[0]?.text ?? '', /192\.0\.2\.7 is on the allowlist: 192\.0\.2\.7 \(office\)/)
  })

  test('one allowlisted address keeps its whole IPv6 /64 from being decided on', () => {
    const decider = house({ allowlist: [allow('2001:db8::5', 'ip')] })
    assert.deepEqual(decider.judge(alert('2001:db8::bad', 'ban'), silent).decisions, [])
    assert.equal(decider.judge(alert('2001:db8:0:1::bad', 'ban'), silent).decisions.length, 1)
  })

  test('an expired entry protects no longer, and does not hide another that does', () => {
    const decider = house({
      allowlist: [allow('192.0.2.7', 'ip', NOW - 1), allow('192.0.2.0/28', 'range'), allow('192.0.2.99', 'ip', NOW)],
    })
    assert.deepEqual(decider.judge(alert('192.0.2.7', 'ban'), silent).decisions, [])
    assert.equal(decider.judge(alert('192.0.2.99', 'ban'), silent).decisions.length, 1)
  })

  test('a host name protects only an address whose reverse name was verified', () => {
    const decider = house({ allowlist: [allow('.googlebot.com', 'host')] })
    decider.learn({ ip: '192.0.2.66', name: 'crawl-66.GoogleBot.com.', until: NOW + HOUR })
    decider.learn({ ip: '192.0.2.67', name: 'evilgooglebot.com', until: NOW + HOUR })
    decider.learn({ ip: '2001:db8:9::66', name: 'crawl.googlebot.com', until: NOW + HOUR })
    assert.deepEqual(decider.judge(alert('192.0.2.66', 'ban'), silent).decisions, [])
    assert.deepEqual(decider.judge(alert('2001:db8:9::66', 'ban'), silent).decisions, [])
    assert.equal(decider.judge(alert('192.0.2.67', 'ban'), silent).decisions.length, 1)
    assert.equal(decider.judge(alert('192.0.2.66', 'ban', { stoppedAt: NOW + HOUR }), silent).decisions.length, 1)
  })

  test('a warninglist is an allowlist', () => {
    const decider = house({ warninglists: [{ name: 'public resolvers', networks: [cidr('9.9.9.0/24')] }] })
    const { trace, reasons } = listening()
    assert.deepEqual(decider.judge(alert('9.9.9.9', 'ban'), trace).decisions, [])
    assert.match(reasons[0]?.text ?? '', /warninglist public resolvers/)
  })

  test('a configured entry that cannot be read is an error, not silence', () => {
    assert.throws(() => house({ allowlist: [allow('192.0.2.300', 'ip')] }), { code: 'ALLOWLIST_INVALID' })
  })
})

describe('own and special-purpose addresses', () => {
  for (const ip of [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.127.255.255',
    '169.254.1.1',
    '0.0.0.0',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '64:ff9b::c000:207',
    '2001:0:4136:e378::1',
    'fe80::1',
    'fd00::1',
    'ff02::1',
  ])
    test(`${ip} is never decided on`, () => assert.deepEqual(house().judge(alert(ip, 'ban'), silent).decisions, []))

  for (const ip of ['192.0.2.1', '198.51.100.1', '203.0.113.1', '100.128.0.1', '172.32.0.1', '2001:db8::1', '8.8.4.4'])
    test(`${ip} is an ordinary address`, () =>
      assert.equal(house().judge(alert(ip, 'ban'), silent).decisions.length, 1))

  test('this machine and the trusted proxies', () => {
    const decider = house({ own: [cidr('203.0.113.80')], trustedProxies: [cidr('198.51.100.0/28')] })
    const { trace, reasons } = listening()
    assert.deepEqual(decider.judge(alert('203.0.113.80', 'ban'), trace).decisions, [])
    assert.deepEqual(decider.judge(alert('198.51.100.3', 'ban'), trace).decisions, [])
    const refused = reasons.filter((r) => r.text.includes('touches'))
    assert.match(refused[0]?.text ?? '', /our own/)
    assert.match(refused[1]?.text ?? '', /a trusted proxy/)
  })
})

describe('shared addresses', () => {
  test('several people and mostly clean traffic: throttle instead of ban, with the reason kept', () => {
    const office = conduct({ requests: 100, clean: 90, matched: 10, userAgents: 7, sessions: 5 })
    const [d] = house().judge(alert('192.0.2.7', 'ban', { conduct: office, duration: DAY }), silent).decisions
    assert.equal(d?.type, 'throttle')
    assert.equal((d?.until ?? 0) - NOW, HOUR)
    assert.ok(d?.reasons.some((r) => r.code === 'guard.shared_address'))
  })

  test('a scanner that draws a user agent per request is not an office', () => {
    const scanner = conduct({ requests: 300, clean: 8, matched: 292, userAgents: 64, sessions: 64 })
    assert.equal(house().judge(alert('192.0.2.7', 'ban', { conduct: scanner }), silent).decisions[0]?.type, 'ban')
  })

  test('the edge of a delivery network is only watched', () => {
    const decider = house({ shared: { deliveryNetworks: [cidr('198.51.100.0/24')] } })
    assert.equal(decider.judge(alert('198.51.100.9', 'throttle'), silent).decisions[0]?.type, 'watch')
  })
})

describe('overlap', () => {
  test('a longer ban extends, a shorter or weaker one changes nothing', () => {
    const decider = house()
    const [first] = decider.judge(alert('192.0.2.7', 'ban', { duration: HOUR }), silent).decisions
    assert.deepEqual(decider.judge(alert('192.0.2.7', 'throttle', { duration: DAY }), silent).decisions, [])
    assert.deepEqual(decider.judge(alert('192.0.2.7', 'ban', { duration: MINUTE }), silent).decisions, [])
    const { decisions, acts } = decider.judge(alert('192.0.2.7', 'ban', { duration: DAY }), silent)
    assert.deepEqual([decisions[0]?.id, decisions[0]?.until], [first?.id, NOW + DAY])
    assert.deepEqual(acts[0]?.verb, 'decision.extend')
    assert.equal(decider.active(NOW).count, 1)
  })

  test('a ban strengthens a throttle under the same id and keeps the later end', () => {
    const decider = house()
    const [first] = decider.judge(alert('192.0.2.7', 'throttle', { duration: DAY }), silent).decisions
    const { decisions, acts } = decider.judge(alert('192.0.2.7', 'ban', { duration: HOUR }), silent)
    assert.deepEqual([decisions[0]?.id, decisions[0]?.type, decisions[0]?.until], [first?.id, 'ban', NOW + DAY])
    assert.equal(acts[0]?.verb, 'decision.strengthen')
  })

  test('a watch is replaced, so that a long watch does not become a long ban', () => {
    const decider = house({ durations: { watch: 30 * DAY } })
    const [watch] = decider.judge(alert('192.0.2.7', 'watch'), silent).decisions
    const { decisions } = decider.judge(alert('192.0.2.7', 'ban', { duration: HOUR }), silent)
    assert.deepEqual(
      decisions.map((d) => [d.id === watch?.id, d.type, d.withdrawnAt]),
      [
        [true, 'watch', NOW],
        [false, 'ban', undefined],
      ],
    )
    assert.equal(decisions[1]?.until, NOW + HOUR)
    assert.equal(decider.active(NOW).count, 1)
  })

  test('a simulated decision gives way to a real one, never the other way round', () => {
    const decider = house({ shadowScenarios: ['trial'] })
    decider.judge(alert('192.0.2.7', 'ban', { scenario: 'trial', duration: DAY }), silent)
    const { decisions } = decider.judge(alert('192.0.2.7', 'throttle'), silent)
    assert.deepEqual(
      decisions.map((d) => [d.type, d.simulated, d.withdrawnAt !== undefined]),
      [
        ['ban', true, true],
        ['throttle', false, false],
      ],
    )
    assert.deepEqual(decider.judge(alert('192.0.2.7', 'ban', { scenario: 'trial' }), silent).decisions, [])
  })

  test('what a network decision covers needs no decision of its own', () => {
    const decider = house()
    const add = { kind: 'decision.add', type: 'ban', duration: 2 * DAY, reason: 'botnet' } as const
    decider.command({ ...add, value: '192.0.2.0/24' }, 'cli:root', NOW)
    assert.equal(decider.isRestrained('192.0.2.250', NOW), true)
    assert.deepEqual(decider.judge(alert('192.0.2.7', 'ban', { duration: HOUR }), silent).decisions, [])
    assert.equal(decider.judge(alert('192.0.2.7', 'ban', { duration: 3 * DAY }), silent).decisions.length, 1)
  })
})

test('a decision made by a clock that had jumped ahead protects nobody from the next one', () => {
  const decider = house()
  const future = NOW + 1000 * DAY
  const [odd] = decider.judge(alert('192.0.2.7', 'ban', { stoppedAt: future }), silent).decisions
  assert.equal(decider.isRestrained('192.0.2.7', NOW), false)
  const { decisions } = decider.judge(alert('192.0.2.7', 'throttle'), silent)
  assert.deepEqual(
    decisions.map((d) => [d.id === odd?.id, d.type, d.withdrawnAt]),
    [
      [true, 'ban', NOW],
      [false, 'throttle', undefined],
    ],
  )
  assert.equal(decider.isRestrained('192.0.2.7', NOW), true)
})

describe('repeat offenders', () => {
  test('the ladder climbs with each ban served: 4 h, 24 h, 7 d, and stays there', () => {
    const decider = house()
    let at = NOW
    const lasts: number[] = []
    for (let i = 0; i < 4; i++) {
      const [d] = decider.judge(alert('192.0.2.7', 'ban', { stoppedAt: at }), silent).decisions
      lasts.push(((d?.until ?? 0) - at) / HOUR)
      at = d!.until + MINUTE
    }
    assert.deepEqual(lasts, [4, 24, 168, 168])
  })

  test('further alerts during one ban are no further offence', () => {
    const decider = house()
    for (let i = 0; i < 5; i++) decider.judge(alert('192.0.2.7', 'ban', { stoppedAt: NOW + i * MINUTE }), silent)
    const [active] = decider.active(NOW + 5 * MINUTE)
    assert.equal(active?.until, NOW + 4 * MINUTE + 4 * HOUR)
  })

  test('a record is forgotten after a long quiet time, and at once when a person lifts the ban', () => {
    const decider = house({ coolOff: { duration: MINUTE } })
    decider.judge(alert('192.0.2.7', 'ban'), silent)
    decider.command({ kind: 'decision.remove', value: '192.0.2.7', reason: 'wrong' }, 'cli:root', NOW + MINUTE)
    const [again] = decider.judge(alert('192.0.2.7', 'ban', { stoppedAt: NOW + HOUR }), silent).decisions
    assert.equal((again?.until ?? 0) - NOW - HOUR, 4 * HOUR)
    const later = NOW + 40 * DAY
    const [much] = decider.judge(alert('192.0.2.7', 'ban', { stoppedAt: later }), silent).decisions
    assert.equal((much?.until ?? 0) - later, 4 * HOUR)
  })
})

describe('ban budget', () => {
  test('too many bans within a minute freeze automation, call a person, and leave people free to act', () => {
    const decider = house({ budget: { perMinute: 3 } })
    for (let i = 1; i <= 3; i++) assert.equal(decider.judge(alert(`192.0.2.${i}`, 'ban'), silent).decisions.length, 1)
    const fourth = decider.judge(alert('192.0.2.4', 'ban'), silent)
    assert.equal(fourth.decisions[0]?.type, 'watch')
    assert.deepEqual(
      fourth.findings.map((f) => f.code),
      ['decide.budget_frozen'],
    )
    assert.deepEqual(
      fourth.acts.map((a) => a.verb),
      ['budget.freeze', 'decision.add'],
    )
    assert.equal(decider.frozen, true)
    const later = NOW + 3 * DAY
    const still = decider.judge(alert('192.0.2.5', 'throttle', { stoppedAt: later }), silent)
    assert.deepEqual([still.decisions[0]?.type, still.findings], ['watch', []])

    const manual = decider.command(
      { kind: 'decision.add', type: 'ban', value: '192.0.2.6', duration: HOUR, reason: 'seen' },
      'cli:root',
      later,
    )
    assert.equal(manual.decisions[0]?.type, 'ban')
    const thaw = decider.command({ kind: 'budget.thaw', reason: 'real attack' }, 'cli:root', later)
    assert.deepEqual([thaw.ok, thaw.findings[0]?.cleared, thaw.acts[0]?.verb], [true, true, 'budget.thaw'])
    assert.equal(decider.judge(alert('192.0.2.5', 'ban', { stoppedAt: later }), silent).decisions.at(-1)?.type, 'ban')
  })

  test('so does a large share of the clients seen, however slowly it grows', () => {
    const decider = house({ budget: { shareFloor: 10, share: 0.5 } })
    const few = conduct({ clientsSeen: 20 })
    let banned = 0
    for (let i = 1; i <= 30; i++) {
      const { decisions } = decider.judge(
        alert(`192.0.2.${i}`, 'ban', { conduct: few, stoppedAt: NOW + i * MINUTE }),
        silent,
      )
      if (decisions[0]?.type === 'ban') banned++
    }
    assert.equal(banned, 10)
  })

  test('bans spread thinly over hours never freeze', () => {
    const decider = house({ budget: { perMinute: 2 } })
    for (let i = 1; i <= 200; i++) decider.judge(alert(`192.0.2.${i}`, 'ban', { stoppedAt: NOW + i * MINUTE }), silent)
    assert.equal(decider.frozen, false)
  })

  test('a clock that jumped ahead once does not fill the account for ever', () => {
    const decider = house({ budget: { perMinute: 3 } })
    decider.judge(alert('192.0.2.1', 'ban', { stoppedAt: NOW + 1000 * DAY }), silent)
    for (let i = 2; i <= 40; i++) decider.judge(alert(`192.0.2.${i}`, 'ban', { stoppedAt: NOW + i * MINUTE }), silent)
    assert.equal(decider.frozen, false)
  })
})

describe('commands', () => {
  const ban = (value: string, duration = DAY) =>
    ({ kind: 'decision.add', type: 'ban', value, duration, reason: 'by hand' }) as const

  test('a person may ban an address or a network, within reason', () => {
    const decider = house()
    assert.equal(decider.command(ban('192.0.2.7'), 'cli:root', NOW).decisions[0]?.origin, 'cli')
    assert.equal(decider.command(ban('2001:db8::1'), 'cli:root', NOW).decisions[0]?.value, '2001:db8::/64')
    assert.equal(decider.command(ban('203.0.113.128/25'), 'feed:misp', NOW).decisions[0]?.origin, 'feed:misp')
    for (const bad of ['', 'example.org', '192.0.2.7/33', '1.0.0.0/8', '::/0', '0.0.0.0/0'])
      assert.equal(decider.command(ban(bad), 'cli:root', NOW).ok, false, bad)
    assert.equal(decider.command(ban('192.0.2.9', -5), 'cli:root', NOW).ok, false)
    assert.equal(decider.command(ban('192.0.2.9', Number.NaN), 'cli:root', NOW).ok, false)
  })

  test('but not a protected one, nor a network that contains one', () => {
    const decider = house({ own: [cidr('203.0.113.80')] })
    for (const value of ['203.0.113.80', '203.0.113.0/24', '127.0.0.1', '10.0.0.0/16'])
      assert.equal(decider.command(ban(value), 'cli:root', NOW).ok, false, value)
  })

  test('lifting a ban withdraws it, asks for its evidence to be forgotten, and holds for the cool-off', () => {
    const decider = house({ coolOff: { duration: 30 * MINUTE } })
    const [d] = decider.judge(alert('192.0.2.7', 'ban'), silent).decisions
    const lifted = decider.command(
      { kind: 'decision.remove', value: '192.0.2.7', reason: 'customer' },
      'cli:root',
      NOW + MINUTE,
    )
    assert.deepEqual(
      [lifted.ok, lifted.decisions[0]?.id, lifted.decisions[0]?.withdrawnAt, lifted.decisions[0]?.withdrawnBy],
      [true, d?.id, NOW + MINUTE, 'cli:root'],
    )
    assert.deepEqual(lifted.forget, { scope: 'Ip', value: '192.0.2.7' })
    assert.equal(decider.isRestrained('192.0.2.7', NOW + MINUTE), false)

    const soon = { stoppedAt: NOW + 2 * MINUTE }
    assert.equal(decider.judge(alert('192.0.2.7', 'ban', soon), silent).decisions[0]?.type, 'watch')
    const proof = alert('192.0.2.7', 'ban', { ...soon, confidence: 99 })
    assert.equal(decider.judge(proof, silent).decisions.at(-1)?.type, 'ban')
    const after = { stoppedAt: NOW + 40 * MINUTE }
    assert.equal(decider.judge(alert('192.0.2.8', 'ban', after), silent).decisions[0]?.type, 'ban')
  })

  test('lifting by id, by another spelling, and a helpful answer when there is nothing to lift', () => {
    const decider = house()
    const { decisions } = decider.command(ban('2001:db8::1'), 'cli:root', NOW)
    const remove = (value: string) =>
      decider.command({ kind: 'decision.remove', value, reason: '' }, 'cli:root', NOW + 1)
    assert.equal(remove('2001:DB8:0:0::77').ok, true)
    decider.command(ban('203.0.113.0/24'), 'cli:root', NOW)
    assert.match(remove('203.0.113.9').text, /203\.0\.113\.0\/24 touches it/)
    assert.equal(remove('192.0.2.200').ok, false)
    assert.equal(remove(decisions[0]!.id).ok, false)
    assert.equal(remove([...decider.active(NOW + 1)][0]!.id).ok, true)
  })

  test('the same command twice in a millisecond, with a removal between, makes two decisions', () => {
    const decider = house()
    const first = decider.command(ban('192.0.2.7'), 'cli:root', NOW).decisions[0]!
    decider.command({ kind: 'decision.remove', value: '192.0.2.7', reason: '' }, 'cli:root', NOW)
    assert.notEqual(decider.command(ban('192.0.2.7'), 'cli:root', NOW).decisions[0]!.id, first.id)
  })

  test('allowlisting withdraws what is in force inside it and protects from then on', () => {
    const decider = house()
    decider.judge(alert('192.0.2.7', 'ban'), silent)
    decider.judge(alert('192.0.2.99', 'ban'), silent)
    const answer = decider.command(
      { kind: 'allow.add', entry: { value: '192.0.2.0/26', kind: 'range', reason: 'branch office' } },
      'cli:root',
      NOW,
    )
    assert.deepEqual(
      answer.decisions.map((d) => [d.value, d.withdrawnAt]),
      [['192.0.2.7', NOW]],
    )
    assert.equal(answer.allowlist[0]?.entry?.addedBy, 'cli:root')
    assert.deepEqual(decider.judge(alert('192.0.2.7', 'ban'), silent).decisions, [])
    const removed = decider.command({ kind: 'allow.remove', value: '192.0.2.0/26' }, 'cli:root', NOW)
    assert.deepEqual(removed.allowlist, [{ value: '192.0.2.0/26', entry: null }])
    assert.equal(decider.judge(alert('192.0.2.7', 'ban'), silent).decisions.length, 1)
  })

  test('entries that make no sense are refused, and configured ones cannot be removed from outside', () => {
    const decider = house({
      allowlist: [{ value: '192.0.2.1', kind: 'ip', reason: 'x', addedAt: 0, addedBy: 'config' }],
    })
    const add = (value: string, kind: 'ip' | 'range' | 'host', expiresAt?: Millis) =>
      decider.command(
        { kind: 'allow.add', entry: { value, kind, reason: 'x', ...(expiresAt ? { expiresAt } : {}) } },
        'cli:root',
        NOW,
      ).ok
    assert.equal(add('0.0.0.0/0', 'range'), false)
    assert.equal(add('nonsense', 'ip'), false)
    assert.equal(add('exa mple', 'host'), false)
    assert.equal(add('192.0.2.9', 'ip', NOW), false)
    assert.equal(add('192.0.2.9', 'ip', NOW + 1), true)
    assert.match(
      decider.command({ kind: 'allow.remove', value: '192.0.2.1' }, 'cli:root', NOW).text,
      /configuration file/,
    )
  })
})

test('a guard that fails means no decision, and a finding', () => {
  const broken = {
    ...conduct({}),
    get userAgents(): number {
      throw new Error('torn row')
    },
  }
  const { decisions, findings } = house().judge(alert('192.0.2.7', 'ban', { conduct: broken }), silent)
  assert.deepEqual(decisions, [])
  assert.deepEqual(
    findings.map((f) => [f.code, f.subject]),
    [['decide.guard_error', 'shared-address']],
  )
})

test('a changed configuration undoes what it now protects, at the next start', () => {
  const before = house()
  const held = new DecisionTable()
  for (const ip of ['192.0.2.7', '192.0.2.8'])
    for (const decision of before.judge(alert(ip, 'ban'), silent).decisions) held.put(decision)
  const after = house({ trustedProxies: [cidr('192.0.2.7')] })
  const { decisions, acts } = after.restore(held, [], NOW + 1)
  assert.deepEqual(
    decisions.map((d) => [d.value, d.withdrawnAt]),
    [['192.0.2.7', NOW + 1]],
  )
  assert.equal(acts.length, 1)
  assert.deepEqual(
    [...after.active(NOW + 1)].map((d) => d.value),
    ['192.0.2.8'],
  )
})
