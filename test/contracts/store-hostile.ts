/** What a real log could hold that breaks stores. */
import fc from 'fast-check'
import type { Event } from '../../src/core/event.ts'
import { eventOf, idOf } from './store-values.ts'

/** NUL, lone surrogates, quotes of SQL and of array literals, our own escape character, nothing. */
const NASTY = [
  '',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff tail',
  '\u0001',
  '\u0001"x"',
  `'; DROP TABLE events; --`,
  '{"a","b"}',
  '\\',
  '"',
  'NULL',
  '$1 ?',
  'é€😀',
  '\u2028\u202e',
]

export const nastyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 40 }),
  // Any UTF-16 at all, paired or not.
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((units) => String.fromCharCode(...units)),
  fc.integer({ min: 250, max: 400 }).map((n) => 'k'.repeat(n)),
)

export const nastyEvent: fc.Arbitrary<Event> = fc
  .record({
    id: fc.oneof(fc.integer().map(idOf), nastyText),
    text: nastyText,
    other: nastyText,
    headers: fc.array(fc.tuple(nastyText, nastyText), { maxLength: 5 }),
    derived: fc.boolean(),
    optional: fc.boolean(),
  })
  .map(({ id, text, other, headers, derived, optional }) => {
    const { session, anomalyScore, engineMode, ...base } = eventOf(1)
    const [match, evaluation] = base.matches
    return {
      ...base,
      ...(optional ? { session: other, anomalyScore: anomalyScore ?? 0, engineMode: engineMode ?? 'on' } : {}),
      id,
      transactionId: text,
      sensor: other,
      clientIp: optional ? '2001:db8::7' : text,
      peerIp: other,
      request: {
        method: text,
        host: other,
        uri: derived ? `${text}?${other}` : text,
        path: text,
        query: other,
        userAgent: text,
        headers,
        httpVersion: other,
      },
      matches: [
        { ...match!, message: text, data: other, severity: text, tags: [text, other], file: other, variable: text },
        { ...evaluation!, message: other },
        { ...match!, message: text, data: text, tags: [other] },
      ],
      attackClasses: optional ? ['sqli', 'xss'] : [],
      redacted: [text],
      raw: { source: other, offset: 1, length: 2 },
    }
  })
