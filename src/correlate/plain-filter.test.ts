/** The closures say what the CEL evaluator says. Wrapped in a conditional, an expression is no longer plain: that is the other side. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ATTACK_CLASSES, type Event } from '../core/event.ts'
import { EventView } from './event-view.ts'
import { compileEventFilter, isProblem } from './filter.ts'
import { plainFilter } from './plain-filter.ts'

const TEXTS = ['/', '/admin', '/admin/', '/admin/x', '/administrator', '/Login', '/user/LOGIN.php', 'GET', 'POST', '']
const WORDS = ["'/admin'", "'login'", "'/'", "'/.git'", "'x'"]
const text = fc.constantFrom('method', 'host', 'path', 'query', 'uri', 'user_agent', 'severity')
const quoted = fc.constantFrom(...TEXTS.map((t) => `'${t}'`))
const words = fc.uniqueArray(fc.constantFrom(...WORDS), { minLength: 1 }).map((w) => `[${w.join(', ')}]`)
const comparison = fc.constantFrom('<', '<=', '>', '>=', '==', '!=')

const { expression } = fc.letrec<{ expression: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    fc.tuple(text, fc.constantFrom('==', '!='), quoted).map((parts) => parts.join(' ')),
    fc.tuple(text, fc.constantFrom('startsWith', 'endsWith', 'contains'), quoted).map(([t, f, q]) => `${t}.${f}(${q})`),
    fc.tuple(text, fc.constantFrom('under', 'mentions'), words).map(([t, f, w]) => `${t}.${f}(${w})`),
    fc.tuple(text, words).map(([t, w]) => `${t} in ${w}`),
    fc.tuple(comparison, fc.constantFrom('200', '404', '0')).map(([c, n]) => `status ${c} ${n}`),
    fc
      .tuple(fc.constantFrom('threat_score', 'anomaly_score'), comparison, fc.constantFrom('0.0', '4.5', '10.0'))
      .map((parts) => parts.join(' ')),
    fc.constantFrom(...ATTACK_CLASSES).map((c) => `'${c}' in classes`),
    fc.constantFrom("'attack-sqli' in tags", "'ARGS:q' in variables", '942 in families'),
    fc.constantFrom('blocked', 'matched', 'has_session', 'true', 'blocked == has_session'),
  ),
  expression: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    tie('expression').map((e) => `!(${e})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('&&', '||'), tie('expression'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
  ),
}))

const sample = fc.record({
  path: fc.constantFrom(...TEXTS),
  method: fc.constantFrom('GET', 'POST'),
  status: fc.constantFrom(0, 200, 404),
  score: fc.constantFrom(0, 4.5, 5, 10, 12),
  attackClass: fc.option(fc.constantFrom(...ATTACK_CLASSES)),
  blocked: fc.boolean(),
  session: fc.boolean(),
})

const eventOf = (s: typeof sample extends fc.Arbitrary<infer T> ? T : never): Event => ({
  id: 'e-1',
  transactionId: '',
  time: 0,
  sensor: 's',
  engine: 'modsecurity3',
  clientIp: '203.0.113.5',
  peerIp: '203.0.113.5',
  ...(s.session ? { session: 'k' } : {}),
  request: {
    method: s.method,
    host: 'shop.example.net',
    uri: s.path,
    path: s.path,
    query: '',
    userAgent: 'curl/8',
    headers: [],
    httpVersion: '1.1',
  },
  response: { status: s.status },
  matches: s.attackClass
    ? [
        {
          ruleId: 942100,
          message: 'Attack',
          data: '',
          severity: 'CRITICAL',
          tags: ['attack-sqli'],
          file: '',
          line: 1,
          variable: 'ARGS:q',
          attackClass: s.attackClass,
        },
      ]
    : [],
  attackClasses: s.attackClass ? [s.attackClass] : [],
  threatScore: s.score,
  anomalyScore: s.score,
  severity: 'high',
  disposition: s.blocked ? 'blocked' : 'detected',
  dispositionConfidence: 1,
  redacted: [],
  raw: { source: '', offset: 0, length: 0 },
})

test('what is plain is answered as the CEL evaluator answers it', () => {
  const answers = { true: 0, false: 0 }
  const view = new EventView()
  fc.assert(
    fc.property(expression, fc.array(sample, { minLength: 1, maxLength: 8 }), (source, samples) => {
      const plain = compileEventFilter(source)
      const evaluated = compileEventFilter(`(${source}) ? true : false`)
      if (isProblem(plain) || isProblem(evaluated)) return assert.fail(`${source}: ${JSON.stringify(plain)}`)
      for (const s of samples) {
        view.show(eventOf(s), undefined)
        const answer: boolean = plain.test(view)
        answers[answer ? 'true' : 'false']++
        assert.equal(answer, evaluated.test(view), source)
      }
      assert.equal(evaluated.errors, 0)
    }),
    { numRuns: 400 },
  )
  assert.ok(answers.true > 300 && answers.false > 300, JSON.stringify(answers))
})

test('what is more than plain is left to the evaluator', () => {
  const has = {
    op: 'in',
    args: [
      { op: 'value', args: 'sqli' },
      { op: 'id', args: 'classes' },
    ],
  }
  assert.ok(plainFilter(has))
  assert.ok(plainFilter({ op: '||', args: [has, { op: '!_', args: { op: 'id', args: 'blocked' } }] }))
  for (const beyond of [
    { op: '?:', args: [has, has, has] },
    {
      op: 'in',
      args: [
        { op: 'value', args: 942n },
        { op: 'id', args: 'families' },
      ],
    },
    {
      op: '==',
      args: [
        { op: 'rcall', args: ['size', { op: 'id', args: 'path' }, []] },
        { op: 'value', args: 3n },
      ],
    },
    {
      op: '==',
      args: [
        { op: 'id', args: 'classes' },
        { op: 'id', args: 'tags' },
      ],
    },
    {
      op: '==',
      args: [
        { op: 'id', args: 'status' },
        { op: 'value', args: 2n ** 60n },
      ],
    },
    { op: 'id', args: 'path' },
  ])
    assert.equal(plainFilter(beyond), undefined)
})
