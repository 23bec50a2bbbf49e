import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchedValue, matchedVariable } from './matched-variable.ts'

const v3 = (variable: string, value = 'v', parameter = 'x'): string =>
  `Matched "Operator \`Rx' with parameter \`${parameter}' against variable \`${variable}' (Value: \`${value}' )`

const CASES: readonly (readonly [match: string, data: string, variable: string | undefined])[] = [
  [v3('ARGS:q'), '', 'ARGS:q'],
  [v3('REQUEST_HEADERS:User-Agent'), '', 'REQUEST_HEADERS:User-Agent'],
  [v3('REQUEST_URI'), '', 'REQUEST_URI'],
  [v3('MATCHED_VARS:REQUEST_HEADERS:Cookie'), '', 'REQUEST_HEADERS:Cookie'],
  [v3('XML://@*'), '', 'XML://@*'],
  [v3('ARGS:q', "x' against variable `REQUEST_COOKIES:sid' (Value: `y"), '', 'ARGS:q'],
  [v3("ARGS:q' (Value: `x' ) against variable `TX:1"), '', 'ARGS:q'],
  [`Access denied with code 403 (phase 2). ${v3('TX:ANOMALY_SCORE', '5')}`, '', 'TX:ANOMALY_SCORE'],
  ['detected SQLi using libinjection.', 'Matched Data: s&1 found within ARGS:pay: 1 found within TX:1: x', 'ARGS:pay'],
  ['', 'Matched Data: x found within REQUEST_BODY', 'REQUEST_BODY'],
  ['Pattern match "(?:a \\"b\\" at TX:1)" at ARGS:x.', '', 'ARGS:x'],
  ['Pattern match "x" at ARGS:x. [file "y"]', '', 'ARGS:x'],
  ['Operator GE matched 5 at TX:anomaly_score.', '', 'TX:anomaly_score'],
  ['Match of "within %{tx.allowed}" against "TX:content_type" required.', '', 'TX:content_type'],
  ['Matched phrase "etc/passwd" at ARGS:file.', '', 'ARGS:file'],
  ['Invalid URL Encoding: Non-hexadecimal digits used at REQUEST_BODY.', '', 'REQUEST_BODY'],
  ['Pattern match "x" at ARGS:foo at REQUEST_COOKIES:sid.', '', 'ARGS:foo at REQUEST_COOKIES:sid'],
  ['Found 2 byte(s) in ARGS:a b outside range: 1-255.', '', 'ARGS:a b'],
  ['Match of "eq 0" against "&REQUEST_HEADERS:Transfer-Encoding" required.', '1', 'REQUEST_HEADERS:Transfer-Encoding'],
  ['Unconditional match in SecAction.', '', undefined],
  ['', 'curl/8', undefined],
  ['', 'x found within nothing', undefined],
  ['', '', undefined],
]
for (const [match, data, variable] of CASES)
  test(`variable of ${JSON.stringify(match || data)}`, () => assert.equal(matchedVariable(match, data), variable))

test('no value and no argument name can change the collection', () => {
  const hostile = fc
    .array(
      fc.constantFrom(
        "' (Value: `",
        ' against variable `',
        'REQUEST_COOKIES:sid',
        ' found within TX:1: ',
        '"',
        "'",
        ' at ',
        'a',
        ' ) ',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(hostile, hostile, hostile, (name, value, data) => {
      assert.equal(matchedVariable(v3(`ARGS:${name}`, value), data)?.split(':')[0], 'ARGS')
      assert.equal(matchedVariable(`Pattern match "x" at ARGS:${name}.`, data)?.split(':')[0], 'ARGS')
    }),
    { numRuns: 2000 },
  )
})

test('the value that the engine quotes', () => {
  assert.equal(matchedValue(v3('ARGS:q', "a' ) b")), "a' ) b")
  assert.equal(matchedValue('detected SQLi using libinjection.'), '')
})
