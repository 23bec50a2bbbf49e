import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkConfig } from '../app/check.ts'
import { runDaemon } from '../app/daemon.ts'
import { runDemo } from '../app/demo.ts'
import { explainRecord } from '../app/explain.ts'
import { applyPending } from '../app/inbox.ts'
import { runReplay } from '../app/replay.ts'
import { openState } from '../app/state.ts'
import type { Alert, Incident } from '../core/alert.ts'
import type { Decision } from '../core/decision.ts'
import type { Event } from '../core/event.ts'
import { HOUR, SECOND } from '../core/time.ts'
import { createIncidents } from '../correlate/incidents.ts'
import { StateSpace } from '../kit/state.ts'
import { emptyCommit } from '../kit/store.ts'
import { openStore } from '../store/open.ts'
import type { Deps } from './deps.ts'
import { runCli } from './program.ts'

const dir = mkdtempSync(join(tmpdir(), 'riposte-cli-'))
after(() => rmSync(dir, { recursive: true, force: true }))

const NOW = Date.now()

/** The real program with the real house below it; only the terminal and the clock are ours. */
const riposte = async (line: readonly string[], options: { width?: number; env?: Record<string, string> } = {}) => {
  let out = ''
  let err = ''
  const terminal = options.width === undefined ? {} : { isTTY: true, columns: options.width }
  const deps: Deps = {
    io: {
      out: { write: (text: string) => (out += text), ...terminal },
      err: { write: (text: string) => (err += text), ...terminal },
      env: { NO_COLOR: '1', ...options.env },
      now: () => NOW,
      user: 'alice',
      readFile: (path) => readFileSync(path, 'utf8'),
      exists: existsSync,
    },
    version: '9.8.7',
    openStore: openState,
    applyPending: (store, config) => applyPending(store, config),
    runDaemon,
    runNftKeeper: async () => 0,
    runDemo: (demo, onProgress) => runDemo(demo, onProgress, new AbortController().signal),
    runReplay,
    explainRecord,
    checkConfig,
  }
  const code = await runCli(line, deps)
  return { code, out, err }
}

const event: Event = {
  id: 'e-000000000000000000000001',
  transactionId: '17953262.1',
  time: NOW - HOUR,
  sensor: 'web',
  engine: 'modsecurity3',
  clientIp: '203.0.113.9',
  peerIp: '203.0.113.9',
  request: {
    method: 'GET',
    host: 'shop.example.net',
    uri: '/?q=\u001b[2J',
    path: '/',
    query: 'q=',
    userAgent: 'x',
    headers: [],
    httpVersion: '1.1',
  },
  response: { status: 403 },
  matches: [
    {
      ruleId: 942100,
      message: 'SQL Injection',
      data: 'found',
      severity: 'CRITICAL',
      tags: [],
      file: 'f',
      line: 1,
      variable: 'ARGS:q',
      attackClass: 'sqli',
    },
  ],
  attackClasses: ['sqli'],
  threatScore: 4,
  severity: 'medium',
  disposition: 'blocked',
  dispositionConfidence: 1,
  redacted: [],
  raw: { source: '/var/log/a.log', offset: 7, length: 99 },
}
const alert: Alert = {
  id: 'a-000000000000000000000001',
  scenario: 'sql-injection',
  subject: { scope: 'Ip', value: '203.0.113.9' },
  sensor: 'web',
  startedAt: NOW - HOUR - SECOND,
  stoppedAt: NOW - HOUR,
  eventCount: 1,
  events: [event.id],
  attackClasses: ['sqli'],
  severity: 'medium',
  confidence: 97,
  verdict: 'ban',
  reasons: [{ stage: 'correlate', code: 'x', text: 'three families', weight: 3 }],
}
const incident: Incident = {
  id: 'i-000000000000000000000001',
  subject: alert.subject,
  openedAt: alert.startedAt,
  lastAt: alert.stoppedAt,
  state: 'open',
  severity: 'medium',
  escalated: false,
  alertCount: 1,
  eventCount: 1,
  scenarios: ['sql-injection'],
  attackClasses: ['sqli'],
  alerts: [alert.id],
}
const decision: Decision = {
  id: 'd-000000000000000000000001',
  alert: alert.id,
  type: 'ban',
  scope: 'Ip',
  value: '203.0.113.9',
  origin: 'engine',
  scenario: 'sql-injection',
  startsAt: NOW - HOUR,
  until: NOW + 3 * HOUR,
  reason: 'three families in a minute',
  reasons: alert.reasons,
  events: [event.id],
  simulated: false,
}

const seeded = async (name: string): Promise<string> => {
  const path = join(dir, `${name}.db`)
  const store = await openStore(path)
  assert.equal(await store.claim(), true)
  await store.commit({
    ...emptyCommit(NOW),
    logTime: NOW - HOUR,
    events: [event],
    alerts: [alert],
    incidents: [incident],
    decisions: [decision],
    tallies: [
      {
        sensor: 'web',
        source: '/var/log/a.log',
        bytes: 500,
        records: 5,
        events: 3,
        ignored: 1,
        rejected: { RECORD_TORN: 1 },
        untrustedHeaders: 0,
        lostBytes: 0,
      },
    ],
  })
  await store.close()
  return path
}

test('mistyped words get a hint and exit code 2', async () => {
  for (const [line, message, remedy] of [
    [['repaly'], "unknown command 'repaly'", 'Did you mean riposte replay?'],
    [['decisions', 'lst'], "unknown command 'riposte decisions lst'", 'Did you mean riposte decisions list?'],
    [['help', 'repaly'], "unknown command 'repaly'", 'Did you mean riposte replay?'],
    [['--json', 'events'], "option '--json' stands before the command", 'riposte events --json'],
    [['events', '--jsno'], "unknown option '--jsno'", 'Did you mean --json?'],
    [['replay', '--format', 'modsec3jsn', 'x'], "argument 'modsec3jsn' is invalid", 'Did you mean modsec3-json?'],
    [['decisions', 'add', '192.0.2.999', '-r', 'x'], '"192.0.2.999" is not an address or network', 'Write 192.0.2.7'],
    [
      ['decisions', 'add', '192.0.2.9', '-r', 'x', '-d', 'soon'],
      '"soon" is not a duration',
      'Write a number and a unit',
    ],
    [
      ['decisions', 'add', '192.0.2.9'],
      "required option '-r, --reason <text>' not specified",
      'riposte COMMAND --help',
    ],
    [['events', '--since', 'yesterday'], '"yesterday" is not a time', 'Write 2h'],
    [['events', '-n', '0'], '"0" is not a count', 'from 1 on'],
    [['why', 'd-'], '"d-" is neither a decision nor an address', 'riposte decisions'],
    [['allowlists', 'add', '0.0.0.0/0', '-r', 'x'], '0.0.0.0/0 is every address there is', 'Name the networks'],
    [['replay'], "missing required argument 'file'", 'riposte --help'],
    [['why', '192.0.2.1', '--config', join(dir, 'none.yaml')], 'cannot read the configuration', 'Check the path'],
    [['status', '--state', join(dir, 'none.db')], 'none.db', ''],
  ] as const) {
    const { code, out, err } = await riposte(line)
    assert.equal(code, 2, `${line.join(' ')}: ${err}`)
    assert.equal(out, '')
    assert.ok(err.startsWith('error: ') && err.includes(message) && err.includes(remedy), err)
    assert.match(err, /\nfix: /)
  }
  assert.equal(existsSync(join(dir, 'none.db')), false, 'a read must not create a state')
})

test('version and help', async () => {
  assert.deepEqual(await riposte(['--version']), { code: 0, out: '9.8.7\n', err: '' })
  const help = await riposte(['--help'])
  assert.equal(help.code, 0)
  for (const command of [
    'serve',
    'demo',
    'check',
    'replay',
    'explain',
    'why',
    'status',
    'decisions',
    'alerts',
    'incidents',
    'events',
    'allowlists',
    'completion',
  ])
    assert.ok(help.out.includes(`\n  ${command}`), command)
  const none = await riposte([])
  assert.equal(none.code, 2)
  assert.ok(none.err.includes('Usage: riposte'))
})

test('every command that prints data prints JSON with --json, and nothing else', async () => {
  const state = ['--state', await seeded('json'), '--json']
  // biome-ignore lint/suspicious/noExplicitAny: what a program reads has no type.
  const parse = async (line: readonly string[], code = 0): Promise<any> => {
    const answer = await riposte([...line, ...state])
    assert.equal(answer.code, code, answer.err)
    assert.equal(answer.err, '')
    return JSON.parse(answer.out)
  }
  assert.equal((await parse(['events']))[0].id, event.id)
  assert.equal((await parse(['events', 'show', event.id])).time, new Date(event.time).toISOString())
  assert.equal((await parse(['alerts', '--ip', '203.0.113.9']))[0].id, alert.id)
  assert.equal((await parse(['alerts', 'show', alert.id])).confidence, 97)
  assert.equal((await parse(['incidents']))[0].state, 'open')
  assert.equal((await parse(['incidents', 'show', incident.id])).alerts[0].id, alert.id)
  assert.equal((await parse(['decisions']))[0].until, new Date(decision.until).toISOString())
  assert.deepEqual(await parse(['allowlists']), [])
  assert.equal((await parse(['why', decision.id])).events[0].id, event.id)
  assert.equal((await parse(['why', '198.51.100.1'], 1)).decision, null)
  const status = await parse(['status'])
  assert.deepEqual(status.account, { records: 5, events: 3, ignored: 1, rejected: 1, lostBytes: 0, missing: 0 })
  assert.equal(status.healthy, true)
})

test('lists are aligned and fit the terminal; attacker text is escaped', async () => {
  const state = ['--state', await seeded('lists')]
  const events = await riposte(['events', ...state], { width: 90 })
  assert.match(events.out, /^TIME \(UTC\) +CLIENT +SEVERITY +WAF +CODE +REQUEST\n/)
  assert.ok((await riposte(['events', ...state])).out.includes('GET shop.example.net/?q=\\x1b[2J'))
  for (const line of events.out.trimEnd().split('\n')) assert.ok(line.length <= 90)
  const decisions = await riposte(['decisions', ...state])
  assert.match(decisions.out, /\nban {3}203\.0\.113\.9 {2}in 3 h +engine +sql-injection +three families/)
  const why = await riposte(['why', '203.0.113.9', ...state])
  for (const part of ['BAN  Ip 203.0.113.9', 'active, ends in 3 h', '942100', 'tail -c +8 /var/log/a.log | head -c 99'])
    assert.ok(why.out.includes(part), `${part} missing in\n${why.out}`)
  const nobody = await riposte(['why', '198.51.100.1', ...state])
  assert.equal(nobody.code, 1)
  assert.ok(nobody.out.includes('no decision is about it'))
  assert.equal((await riposte(['events', 'show', 'e-1', ...state])).code, 1)
  const beginning = await riposte(['events', 'show', 'e-0000', ...state])
  assert.ok(beginning.out.startsWith(event.id), 'the beginning of an id is enough')
  assert.equal((await riposte(['events', '--ip', '198.51.100.1', ...state])).out, 'no such events\n')
})

test('a decision by hand goes through the same engine, is enforced, explained, lifted and audited', async () => {
  const state = ['--state', join(dir, 'hand.db')]
  const add = await riposte(['decisions', 'add', '198.51.100.7', '-r', 'seen by hand', '-d', '2h', ...state])
  assert.equal(add.code, 0, add.err)
  const [d] = JSON.parse((await riposte(['decisions', '--json', ...state])).out)
  assert.deepEqual([d.type, d.scope, d.value, d.origin], ['ban', 'Ip', '198.51.100.7', 'cli'])
  assert.ok((await riposte(['why', '198.51.100.7', ...state])).out.includes('seen by hand'))

  assert.equal((await riposte(['allowlists', 'add', '192.0.2.0/24', '-r', 'office', ...state])).code, 0)
  const refused = await riposte(['decisions', 'add', '192.0.2.9', '-r', 'x', ...state])
  assert.equal(refused.code, 1, `an allowlisted address was banned: ${refused.out}`)
  assert.match(refused.err, /^error: .*\nfix: {3}Nothing was changed\./s)
  assert.ok((await riposte(['why', '192.0.2.9', ...state])).out.includes('allowlisted by 192.0.2.0/24 (office'))
  assert.equal((await riposte(['allowlists', 'remove', '192.0.2.0/24', ...state])).code, 0)
  assert.equal((await riposte(['allowlists', ...state])).out, 'the allowlist is empty\n')

  assert.equal((await riposte(['decisions', 'remove', '198.51.100.7', ...state])).code, 0)
  assert.equal((await riposte(['decisions', ...state])).out, 'no active decisions\n')
  assert.match((await riposte(['decisions', '--all', ...state])).out, /lifted by cli:alice/)
  const status = JSON.parse((await riposte(['status', '--json', ...state])).out)
  assert.equal(status.audit.brokenAt, undefined)
  assert.equal(status.audit.latest[0].actor, 'cli:alice')
})

test('an incident is closed by hand', async () => {
  const path = join(dir, 'incident.db')
  const space = new StateSpace()
  const incident = createIncidents({}, space).add({ ...alert, startedAt: NOW - SECOND, stoppedAt: NOW })
  const store = await openStore(path)
  await store.claim()
  await store.commit({
    ...emptyCommit(NOW),
    logTime: NOW,
    alerts: [alert],
    incidents: [incident],
    state: space.drain(),
  })
  await store.close()
  const state = ['--state', path]
  const closed = await riposte(['incidents', 'close', incident.id, '-r', 'done', ...state])
  assert.equal(closed.code, 0, closed.err)
  assert.equal((await riposte(['incidents', ...state])).out, 'no open incidents\n')
  assert.match((await riposte(['incidents', '--all', ...state])).out, /closed/)
})

test('while a daemon holds the seat and does not answer, the command says so and stays in the inbox', async (t) => {
  if (!process.env['RIPOSTE_LONG']) return t.skip('waits ten seconds: RIPOSTE_LONG=1 runs it')
  const path = join(dir, 'silent.db')
  const daemon = await openStore(path)
  assert.equal(await daemon.claim(), true)
  const answer = await riposte(['decisions', 'add', '198.51.100.7', '-r', 'x', '--state', path])
  assert.equal(answer.code, 2)
  assert.match(answer.err, /did not answer within 10 s/)
  assert.equal((await daemon.pending()).length, 1)
  await daemon.close()
})

test('while a daemon holds the seat, it is the one that carries the command out', async () => {
  const path = join(dir, 'seat.db')
  const daemon = await openStore(path)
  assert.equal(await daemon.claim(), true)
  const asked = riposte(['decisions', 'add', '198.51.100.7', '-r', 'x', '--state', path])
  let pending = await daemon.pending()
  while (pending.length === 0) {
    await new Promise((done) => setTimeout(done, 10))
    pending = await daemon.pending()
  }
  assert.deepEqual([pending[0]!.by, pending[0]!.command.kind], ['cli:alice', 'decision.add'])
  await daemon.commit({
    ...emptyCommit(NOW),
    answers: [{ command: pending[0]!.number, ok: true, text: 'done by the daemon' }],
  })
  assert.deepEqual(await asked, { code: 0, out: 'done by the daemon\n', err: '' })
  await daemon.close()
})

test('check names every mistake; serve refuses a configuration without sensors', async () => {
  const bad = join(dir, 'bad.yaml')
  writeFileSync(bad, 'sensor: []\ndecide: { cooloff: soon }\n')
  const wrong = await riposte(['check', '--config', bad])
  assert.equal(wrong.code, 2)
  assert.match(
    wrong.err,
    /bad\.yaml:1:1: unknown key "sensor"\nfix: {3}Did you mean sensors\?\nerror: .*bad\.yaml:2:20: decide\.cooloff: "soon"/,
  )
  const json = await riposte(['check', '--config', bad, '--json'])
  assert.equal(json.code, 2)
  assert.equal(JSON.parse(json.out).problems.length, 2)

  const log = join(dir, 'audit.log')
  writeFileSync(log, '')
  const good = join(dir, 'good.yaml')
  writeFileSync(good, `state: x.db\nsensors: [{ id: web, sources: [{ file: ${log} }] }]\n`)
  const fine = await riposte(['check', '--config', good])
  assert.equal(fine.code, 0, fine.err + fine.out)
  assert.match(fine.out, /ok {2}.*1 sensor, 1 source/)

  const empty = join(dir, 'empty.yaml')
  writeFileSync(empty, 'log: { level: silent }\n')
  const serve = await riposte(['serve', '--config', empty])
  assert.equal(serve.code, 2)
  assert.match(serve.err, /names no sensor/)
})
