import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RawMatch, Transaction } from '../core/event.ts'
import { parseCidr } from '../core/ip.ts'
import { type Reason, silent } from '../core/reason.ts'
import { LIMITS } from './bounds.ts'
import { type ClassifyOptions, createClassifier } from './classifier.ts'

const OPTIONS: ClassifyOptions = {
  trustedProxies: [parseCidr('10.20.0.1')!],
  clientHeader: 'auto',
  redaction: { enabled: true, extraNames: [], keepNames: [] },
  sessionKey: 'a key for tests',
}
const at = { id: 'e-1', sensor: 'test', raw: { source: 'test', offset: 0, length: 0 } }
const classify = createClassifier(OPTIONS)
const eventOf = (part: Partial<Transaction>, options = OPTIONS) =>
  (options === OPTIONS ? classify : createClassifier(options))({ ...base, ...part }, at, silent).event

const base: Transaction = {
  engine: 'modsecurity3',
  transactionId: '179532189723.157748',
  time: 1_795_321_897_000,
  peerIp: '192.0.2.7',
  method: 'GET',
  uri: '/shop/cart?id=7&q=boots',
  httpVersion: '1.1',
  headers: [
    ['host', 'Shop.Example.com:443'],
    ['User-Agent', 'curl/8.5.0'],
  ],
  status: 200,
  responseHeaders: [],
  matches: [],
  hasMatches: true,
  engineMode: 'on',
}
const MATCHED_Q = "Matched \"Operator `Rx' with parameter `x' against variable `ARGS:q' (Value: `x' )"
const rule = (ruleId: number, severity: number, rest: Partial<RawMatch> = {}): RawMatch => ({
  ruleId,
  message: `rule ${ruleId}`,
  data: '',
  severity,
  tags: [],
  file: 'x.conf',
  line: 7,
  match: '',
  ...rest,
})

test('a clean request', () => {
  const event = eventOf({})
  assert.deepEqual(event.request, {
    method: 'GET',
    host: 'shop.example.com',
    uri: '/shop/cart?id=7&q=boots',
    path: '/shop/cart',
    query: 'id=7&q=boots',
    userAgent: 'curl/8.5.0',
    headers: base.headers,
    httpVersion: '1.1',
  })
  assert.deepEqual(
    [event.threatScore, event.severity, event.attackClasses, event.matches, event.redacted, event.disposition],
    [0, 'info', [], [], [], 'allowed'],
  )
  assert.equal('session' in event || 'anomalyScore' in event, false)
})

test('every rule once, in log order, with the score of the article; evaluation rules weigh nothing', () => {
  const event = eventOf({
    status: 403,
    matches: [
      rule(920350, 4, { tags: ['attack-protocol', 'paranoia-level/1'] }),
      rule(942100, 2, { data: 'Matched Data: s&1 found within ARGS:q: 1', match: 'detected SQLi using libinjection.' }),
      rule(942100, 2),
      rule(942190, 2, { tags: ['attack-sqli'], match: MATCHED_Q }),
      rule(1001, 3),
      rule(1002, 5),
      rule(999002, 0),
      rule(949110, 2, { message: 'Inbound Anomaly Score Exceeded (Total Score: 18)' }),
    ],
  })
  assert.deepEqual(
    event.matches.map((m) => m.ruleId),
    [920350, 942100, 942190, 1001, 1002, 999002, 949110],
  )
  assert.equal(event.threatScore, 2 + 4 + 4 + 3 + 1)
  assert.equal(event.severity, 'critical')
  assert.equal(event.anomalyScore, 18)
  assert.deepEqual(event.attackClasses, ['sqli', 'protocol', 'other'])
  assert.equal(event.disposition, 'blocked')
  assert.deepEqual(
    event.matches.map((m) => m.evaluation),
    [undefined, undefined, undefined, undefined, undefined, undefined, true],
  )
  assert.deepEqual(
    event.matches.map((m) => m.severity),
    ['WARNING', 'CRITICAL', 'CRITICAL', 'ERROR', 'NOTICE', '', 'CRITICAL'],
  )
  assert.deepEqual(
    event.matches.map((m) => m.variable),
    [undefined, 'ARGS:q', 'ARGS:q', undefined, undefined, undefined, undefined],
  )
  assert.equal(event.matches[0]?.paranoiaLevel, 1)
})

test('weights are configuration', () => {
  const matches = [rule(942100, 2), rule(1001, 3)]
  assert.equal(eventOf({ matches }, { ...OPTIONS, weights: { CRITICAL: 10 } }).threatScore, 13)
})

test('a rule that changes its tags, its file or its message is read anew', () => {
  const once = createClassifier(OPTIONS)
  const classes = [
    rule(1001, 2, { message: 'SQL injection' }),
    rule(1001, 2, { message: 'Path traversal' }),
    rule(1001, 2, { message: 'Path traversal', tags: ['attack-xss'] }),
    rule(1001, 2, { message: 'Path traversal' }),
  ].map((match) => once({ ...base, matches: [match] }, at, silent).event.attackClasses[0])
  assert.deepEqual(classes, ['sqli', 'lfi', 'xss', 'lfi'])
})

test('the result does not depend on what was seen before', () => {
  const header = fc.tuple(
    fc.constantFrom('Host', 'Cookie', 'X-Token', 'Referer', 'X-Forwarded-For', 'Authorization', 'User-Agent'),
    fc.string({ maxLength: 40 }),
  )
  const part = fc.record({
    uri: fc.string({ maxLength: 60 }),
    headers: fc.array(header, { maxLength: 6 }),
    peerIp: fc.constantFrom('10.20.0.1', '192.0.2.7'),
    matches: fc.array(
      fc
        .tuple(fc.constantFrom(942100, 949110, 1001), fc.string(), fc.string())
        .map(([id, message, data]) => rule(id, 2, { message, data })),
      { maxLength: 3 },
    ),
  })
  fc.assert(
    fc.property(part, (p) => {
      assert.deepEqual(eventOf(p), eventOf(p, { ...OPTIONS }))
    }),
    { numRuns: 300 },
  )
})

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 3000 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('%', '%%%', '=&=', '?', '://', 'a'.repeat(9000)),
)
test('any transaction gives an event within bounds', () => {
  const pairs = fc.array(fc.tuple(anything, anything), { maxLength: 80 })
  const match = fc
    .tuple(anything, anything, anything, fc.array(anything, { maxLength: 3 }), fc.nat(1_000_000))
    .map(([message, data, words, tags, id]) => rule(id, id % 9, { message, data, match: words, tags, file: message }))
  const part = fc.record({
    method: anything,
    uri: anything,
    httpVersion: anything,
    transactionId: anything,
    headers: pairs,
    responseHeaders: pairs,
    status: fc.nat(999),
    matches: fc.array(match, { maxLength: 4 }),
    peerIp: fc.constantFrom('10.20.0.1', '192.0.2.7'),
  })
  fc.assert(
    fc.property(part, (p) => {
      const { request, matches, transactionId, redacted } = eventOf(p)
      assert.ok(
        request.uri.length <= LIMITS.uri && request.path.length <= LIMITS.uri && request.query.length <= LIMITS.uri,
      )
      assert.ok(request.userAgent.length <= LIMITS.userAgent && request.host.length <= LIMITS.host)
      assert.ok(request.method.length <= LIMITS.method && transactionId.length <= LIMITS.transactionId)
      assert.ok(request.headers.length <= LIMITS.headers && redacted.length <= LIMITS.redacted)
      for (const [name, value] of request.headers)
        assert.ok(name.length <= LIMITS.headerName && value.length <= LIMITS.headerValue)
      for (const m of matches) {
        assert.ok(m.message.length <= LIMITS.message && m.data.length <= LIMITS.data && m.file.length <= LIMITS.file)
        assert.ok((m.variable ?? '').length <= LIMITS.variable)
      }
    }),
    { numRuns: 300 },
  )
})

test('what was cut says so', () => {
  const event = eventOf({
    uri: `/${'a'.repeat(5000)}`,
    headers: Array.from({ length: 70 }, (_, i) => [`X-${i}`, 'v'.repeat(2000)] as const),
    matches: [rule(1001, 2, { data: 'd'.repeat(3000), message: 'm'.repeat(3000) })],
  })
  assert.ok(event.request.uri.endsWith('…') && event.request.path.endsWith('…'))
  assert.ok(event.request.headers.slice(0, 63).every(([, value]) => value.length === 1024 && value.endsWith('…')))
  assert.deepEqual(event.request.headers.at(-1), ['…', '7 more'])
  assert.ok(event.matches[0]?.data.endsWith('…') && event.matches[0].message.endsWith('…'))
})

test('what was redacted is listed, and nothing else', () => {
  const event = eventOf({
    uri: '/login?user=anna&password=hunter2&next=/',
    headers: [
      ...base.headers,
      ['Cookie', 'sid=fb813cbe; theme=dark'],
      ['Authorization', 'Basic YW5uYTpTM2N1cmU='],
      ['Accept', '*/*;q=0.8'],
    ],
    matches: [rule(1001, 2, { data: 'a=1&token=abcdef', match: MATCHED_Q })],
  })
  assert.equal(event.request.uri, '/login?user=anna&password=<redacted>&next=/')
  assert.deepEqual(event.request.headers.slice(2), [
    ['Cookie', 'sid=<redacted>; theme=<redacted>'],
    ['Authorization', 'Basic <redacted>'],
    ['Accept', '*/*;q=0.8'],
  ])
  assert.deepEqual(event.redacted, [
    'request.uri',
    'request.query',
    'request.headers.Cookie',
    'request.headers.Authorization',
    'matches[0].data',
  ])
})

test('harmless text is kept to the letter', () => {
  const kept = [
    '/search?q=O%27Brien+select+a+plan&page=2',
    '/blog/how-to-bypass-a-firewall',
    '/a?compass=north&author=key',
    '/track?ts=1732000000123&id=179532189723.157748',
    '/api/items?filter[color]=red&sort=-price',
    '/static/app.3f9a1c2b4d5e6f708192a3b4c5d6e7f8.js',
    '/?q=basic+information+about+bearers',
  ]
  for (const uri of kept) assert.deepEqual([eventOf({ uri }).request.uri, eventOf({ uri }).redacted], [uri, []])
  const agents = [
    'Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0',
    'dc3e2544fb9b42f2a4111111111111111',
    "() { :; }; echo 'x: y'",
  ]
  for (const agent of agents) assert.equal(eventOf({ headers: [['User-Agent', agent]] }).request.userAgent, agent)
})

test('with redaction off only the bounds hold', () => {
  const options = { ...OPTIONS, redaction: { enabled: false, extraNames: [], keepNames: [] } }
  const event = eventOf(
    {
      uri: '/?password=x',
      headers: [
        ['Cookie', 'a=b'],
        ['Authorization', 'Bearer abcdefgh'],
      ],
    },
    options,
  )
  assert.equal(event.request.query, 'password=x')
  assert.deepEqual(event.request.headers, [
    ['Cookie', 'a=b'],
    ['Authorization', 'Bearer abcdefgh'],
  ])
  assert.deepEqual(event.redacted, [])
})

test('sessions: told apart, stable, not revealed', () => {
  const session = (headers: readonly (readonly [string, string])[], part: Partial<Transaction> = {}) =>
    eventOf({ ...part, headers }).session
  const one = session([['Cookie', 'theme=dark; sid=fb813cbe9']])
  assert.match(one ?? '', /^s-[0-9a-f]{12}$/)
  assert.equal(session([['cookie', 'sid=fb813cbe9; other=1']]), one)
  assert.notEqual(session([['Cookie', 'sid=000000000']]), one)
  assert.notEqual(
    eventOf({ headers: [['Cookie', 'sid=fb813cbe9']] }, { ...OPTIONS, sessionKey: 'another' }).session,
    one,
  )
  assert.equal(session([['Cookie', '_ga=GA1.2.749707454.1700000000; theme=dark; csrftoken=abcdefghi']]), undefined)
  assert.equal(session([['Cookie', 'sid=1']]), undefined)
  for (const name of [
    'PHPSESSID',
    'JSESSIONID',
    'connect.sid',
    'laravel_session',
    'wordpress_logged_in_585f5811',
    'auth_token',
    '__Host-session',
  ])
    assert.ok(session([['Cookie', `${name}=abcdefgh12`]]), name)
  // The login outranks the visit.
  assert.equal(
    session([['Cookie', 'sid=aaaaaaaa; wordpress_logged_in_1=anna|1']]),
    session([['Cookie', 'sid=bbbbbbbb; wordpress_logged_in_1=anna|1']]),
  )
})

test('sessions: an invented cookie, a refused credential and a guessed password are none', () => {
  const cookie = [['Cookie', 'sid=fb813cbe9']] as const
  assert.equal(
    eventOf({ headers: cookie, responseHeaders: [['Set-Cookie', 'sid=another00; Path=/']] }).session,
    undefined,
  )
  assert.ok(
    eventOf({
      headers: cookie,
      responseHeaders: [
        ['Set-Cookie', 'sid=fb813cbe9; Path=/'],
        ['Set-Cookie', 'x=y'],
      ],
    }).session,
  )
  const basic = (text: string, status: number) =>
    eventOf({ status, headers: [['Authorization', `Basic ${Buffer.from(text).toString('base64')}`]] }).session
  assert.equal(basic('anna:wrong', 401), undefined)
  assert.ok(basic('anna:right', 200))
  assert.equal(basic('anna:right', 200), basic('anna:other', 200))
  assert.notEqual(basic('anna:right', 200), basic('bert:right', 200))
})

test('the trace says who, what, how bad and what the WAF did', () => {
  const reasons: Reason[] = []
  classify(
    {
      ...base,
      peerIp: '198.51.100.9',
      status: 403,
      headers: [['X-Forwarded-For', '1.1.1.1']],
      matches: [rule(942190, 2, { tags: ['attack-sqli'] }), rule(949110, 2, { message: 'x (Total Score: 5)' })],
    },
    at,
    { on: true, why: (reason) => void reasons.push(reason) },
  )
  assert.deepEqual(
    reasons.map((r) => `${r.stage} ${r.code} ${r.text}`),
    [
      'classify client.peer client 198.51.100.9: the peer; 1 client header(s) ignored, it is no trusted proxy',
      'classify class.rules sqli: 942190 sqli by tag CRITICAL, 949110 evaluation CRITICAL',
      'classify score.threat threat score 4, severity medium, anomaly score 5',
      'classify disposition.blocked blocked (0.95): the anomaly score was exceeded and the answer is 403',
    ],
  )
})

test('time grows with the size of the record only', () => {
  const units = [
    'a=',
    'password=',
    'password:',
    '<a>',
    '<password',
    '://',
    '://a:',
    'eyJ',
    'bearer ',
    'basic ',
    '%41',
    '%25',
    '1 ',
    '"',
    '\\"',
    '&quot;',
    'name="password"',
    'ARGS:',
    ' found within ',
    '-----BEGIN ',
    'SG.aaaaaaaaaaaaaaaa',
    '/',
    ';',
    '&',
    'x?',
  ]
  for (const unit of units) {
    const text = unit.repeat(Math.ceil(60_000 / unit.length))
    const started = process.cpuUsage()
    eventOf({
      uri: text,
      method: text,
      transactionId: text,
      headers: [
        ['Host', text],
        ['Cookie', text],
        ['Referer', text],
        ['Forwarded', text],
        ['X-A', text],
        ['Authorization', text],
        [text, text],
      ],
      responseHeaders: [['Set-Cookie', text]],
      matches: Array.from({ length: 8 }, (_, i) =>
        rule(1000 + i, 2, { message: text, data: text, match: text, tags: [text], file: text }),
      ),
    })
    const used = process.cpuUsage(started)
    assert.ok(used.user + used.system < 1_000_000, `${JSON.stringify(unit)} took ${used.user} µs`)
  }
})
