import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Event, RuleMatch } from '../core/event.ts'
import type { Outcome } from './engine.ts'
import { OutcomeDecoder, OutcomeEncoder } from './wire.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', '/', '?', 'a', '0', '__proto__'),
)
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 })
const match: fc.Arbitrary<RuleMatch> = fc.record(
  {
    ruleId: fc.constantFrom(1, 2, 942100),
    message: text,
    data: text,
    severity: fc.constantFrom('', 'CRITICAL'),
    tags: few(text),
    file: text,
    line: fc.nat(3),
    variable: text,
    attackClass: fc.constantFrom('sqli' as const, 'other' as const),
    paranoiaLevel: fc.nat(4),
    evaluation: fc.constant(true as const),
  },
  { requiredKeys: ['ruleId', 'message', 'data', 'severity', 'tags', 'file', 'line', 'attackClass'] },
)
const uri = fc.oneof(
  fc
    .record({ path: text, query: text })
    .map(({ path, query }) => ({ path, query, uri: query === '' ? path : `${path}?${query}` })),
  fc.record({ uri: text, path: text, query: text }),
)
const event: fc.Arbitrary<Event> = fc
  .record(
    {
      id: text,
      transactionId: text,
      time: fc.nat(),
      sensor: text,
      engine: fc.constant('modsecurity3' as const),
      clientIp: text,
      peerIp: text,
      session: text,
      matches: few(match),
      attackClasses: fc.constant(['sqli'] as const),
      anomalyScore: fc.nat(),
      threatScore: fc.nat(),
      severity: fc.constant('high' as const),
      disposition: fc.constant('blocked' as const),
      dispositionConfidence: fc.double({ min: 0, max: 1, noNaN: true }).map((n) => n + 0),
      engineMode: fc.constant('on' as const),
      redacted: few(text),
      raw: fc.record({ source: text, offset: fc.nat(), length: fc.nat() }),
      response: fc.record({ status: fc.nat(599) }),
      parts: fc.record({
        method: text,
        host: text,
        uri,
        userAgent: text,
        headers: few(fc.tuple(text, text)),
        httpVersion: text,
      }),
    },
    {
      requiredKeys: [
        'id',
        'transactionId',
        'time',
        'sensor',
        'engine',
        'clientIp',
        'peerIp',
        'matches',
        'attackClasses',
        'threatScore',
        'severity',
        'disposition',
        'dispositionConfidence',
        'redacted',
        'raw',
        'response',
        'parts',
      ],
    },
  )
  .map(({ parts: { uri: u, ...rest }, ...e }) => ({ ...e, request: { ...rest, ...u } }) as unknown as Event)
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ event, untrustedHeaders: fc.nat(3) }) },
  fc.constant<Outcome>({ ignored: 'a notice' }),
  fc.record({
    rejection: fc.record({
      code: fc.constant('JSON_INVALID' as const),
      text,
      raw: fc.record({ source: text, offset: fc.nat(), length: fc.nat() }),
    }),
  }),
)

/** Prototypes and property order aside, which JSON does not carry. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

test('what was encoded is decoded, line after line', () => {
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 12 }), (outcomes) => {
      const encoder = new OutcomeEncoder()
      const decoder = new OutcomeDecoder()
      for (const one of outcomes) assert.deepEqual(plain(decoder.decode(encoder.encode(one))), plain(one))
    }),
    { numRuns: 500 },
  )
})
