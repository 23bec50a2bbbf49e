import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Failure } from '../core/failure.ts'
import { DAY, HOUR, MINUTE } from '../core/time.ts'
import { parseScenario } from './scenario.ts'

const GOOD = `
name: probing
summary: Looks around
proves: Curiosity
on: { status: [404] }
filter: path.startsWith('/x')
key: host
type: leaky
capacity: 12
leak: 5/15s
window: 60s
distinct: path
verdict: ban
duration: 1d
requires: evidence
otherwise: throttle
unless: user_agents >= 3
`

/** The messages that a text provokes. */
const wrong = (text: string): string => {
  try {
    parseScenario(text, 'x.yaml')
  } catch (error) {
    assert.equal((error as Failure).code, 'SCENARIO_INVALID')
    assert.ok((error as Failure).remedy)
    return (error as Failure).message
  }
  return assert.fail(`accepted:\n${text}`)
}
const changed = (from: string, to: string) => GOOD.replace(from, () => to)

test('a whole scenario is read, and what it leaves out has a default', () => {
  const s = parseScenario(GOOD, 'x.yaml')
  assert.deepEqual(
    [s.name, s.on, s.key, s.distinct, s.verdict, s.duration, s.requiresEvidence, s.otherwise],
    ['probing', { kind: 'status', statuses: [404], methods: undefined }, 'host', 'path', 'ban', DAY, true, 'throttle'],
  )
  assert.deepEqual(
    [s.enabled, s.shadow, s.escalate, s.share, s.quiet, s.severity],
    [true, false, false, false, HOUR, 'high'],
  )
  assert.match(s.bucket.limit, /more than 12, leaking 5 per 15s/)
  assert.equal(parseScenario(changed('otherwise: throttle', 'quiet: 5m'), 'x.yaml').quiet, 5 * MINUTE)
})

describe('errors name file, line, column and the word that was meant', () => {
  const cases: readonly (readonly [what: string, text: string, expected: RegExp])[] = [
    [
      'unknown key',
      changed('capacity: 12', 'capcity: 12'),
      /x\.yaml:9:1: unknown key "capcity"; did you mean capacity\?/,
    ],
    [
      'unknown key inside on',
      changed('status: [404]', 'staus: [404]'),
      /x\.yaml:5:7: unknown key "staus"; did you mean status\?/,
    ],
    ['unknown kind of event', changed('{ status: [404] }', 'matchs'), /x\.yaml:5:5: .*did you mean matches\?/],
    ['unknown type', changed('type: leaky', 'type: leeky'), /x\.yaml:8:7: type: .*did you mean leaky\?/],
    ['unknown verdict', changed('verdict: ban', 'verdict: bann'), /x\.yaml:13:10: verdict: .*did you mean ban\?/],
    ['impossible duration', changed('1d', '1 day'), /x\.yaml:14:11: duration: "1 day" is not a duration/],
    ['impossible leak', changed('5/15s', '5 per 15s'), /x\.yaml:10:7: leak: .*such as 5\/15s/],
    ['missing field', changed('summary: Looks around\n', ''), /x\.yaml:2:1: summary: is missing/],
    [
      'unknown variable',
      changed('path.starts', 'pth.starts'),
      /x\.yaml:6:9: filter: Unknown variable: pth; did you mean path\?/,
    ],
    ['type error in a filter', changed("path.startsWith('/x')", 'path == 3'), /x\.yaml:6:9: filter: no such overload/],
    ['syntax error in a filter', changed("path.startsWith('/x')", 'path =='), /x\.yaml:6:\d+: filter: /],
    ['filter that is no condition', changed("path.startsWith('/x')", 'path'), /filter: the expression yields string/],
    ['unknown variable in unless', changed('user_agents', 'agents'), /x\.yaml:17:9: unless: Unknown variable/],
    ['field of another type', changed('type: leaky', 'type: counter'), /leak: type counter has no leak/],
    ['field that the type needs', changed('leak: 5/15s\n', ''), /x\.yaml:8:7: type: type leaky needs leak/],
    ['ban by statuses alone', changed('requires: evidence\notherwise: throttle\n', ''), /may throttle at most/],
    ['otherwise without requires', changed('requires: evidence\n', ''), /otherwise is what happens without/],
    ['otherwise as strong as the verdict', changed('otherwise: throttle', 'otherwise: ban'), /must be weaker/],
    ['YAML that is none', 'name: [1', /x\.yaml:1:\d+: /],
    ['a list', '- a', /x\.yaml:1:1: /],
    ['nothing', '', /name: is missing/],
    ['aliases', `${GOOD}confidence: &a 3\nseverity: *a\n`, /aliases are not supported/],
  ]
  for (const [what, text, expected] of cases) test(what, () => assert.match(wrong(text), expected))

  test('all problems of a file at once', () => {
    assert.equal(
      wrong(changed('leaky', 'leeky').replace('1d', 'soon').replace('summary', 'sumary')).split('\n').length,
      4,
    )
  })
})

describe('filters over attacker text are bounded', () => {
  for (const [what, filter] of [
    ['regular expressions', "path.matches('(a+)+$')"],
    ['regular expressions, hidden', "classes.exists(c, c.matches('(a+)+$'))"],
    ['split', "path.split('/').size() > 3"],
    ['a loop in a loop', 'tags.exists(a, tags.exists(b, a == b && variables.exists(c, c == a)))'],
    ['word lists that are computed', 'path.mentions(tags)'],
    ['endless expressions', Array.from({ length: 300 }, () => "path == 'a'").join(' || ')],
  ] as const)
    test(`no ${what}`, () =>
      assert.match(wrong(changed("path.startsWith('/x')", `'${filter.replaceAll("'", "''")}'`)), /filter: /))
})

test('any text is read or refused with a message, never worse', () => {
  const lines = GOOD.trim().split('\n')
  const mangled = fc
    .array(
      fc.tuple(
        fc.nat(lines.length - 1),
        fc.oneof(
          fc.string(),
          fc.constantFrom('on: 3', 'steps: [1]', 'filter: "', 'key: [x]', '? {}', 'on: {status: 404}'),
        ),
      ),
      { maxLength: 4 },
    )
    .map((edits) => {
      const text = [...lines]
      for (const [at, line] of edits) text[at] = line
      return text.join('\n')
    })
  fc.assert(
    fc.property(mangled, (text) => {
      try {
        parseScenario(text, 'x.yaml')
      } catch (error) {
        assert.equal((error as Failure).code, 'SCENARIO_INVALID')
        assert.match((error as Failure).message, /^x\.yaml:\d+:\d+: ./)
      }
    }),
    { numRuns: 500 },
  )
})
