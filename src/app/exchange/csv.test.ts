import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { csvCell, type Delimiter, plainCell, splitRecord } from './csv.ts'

/** What breaks cells: quotes, delimiters, line breaks, formulas, our own mark, spaces at the edges. */
const cell = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc
    .array(fc.constantFrom('"', "'", ',', ';', '\t', '\n', '\r', '=', '+', '-', '@', ' ', 'a', '1', 'é', '\u202e'), {
      maxLength: 8,
    })
    .map((chars) => chars.join('')),
)

describe('records of comma-separated values', () => {
  test('what is written as cells is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 8 }), (texts) => {
        const split = splitRecord(texts.map(csvCell).join(','), ',')
        assert.ok('fields' in split)
        assert.deepEqual(split.fields.map(plainCell), texts)
      }),
      { numRuns: 2000 },
    )
  })

  test('no cell starts a formula', () => {
    fc.assert(
      fc.property(cell, (text) => {
        assert.doesNotMatch(csvCell(text).replace(/^"/, ''), /^[=+\-@\t\r]/)
      }),
    )
  })

  const cases: readonly [string, Delimiter, unknown][] = [
    ['a, b ,c', ',', { fields: ['a', 'b', 'c'] }],
    ['"a,""b"" ";c', ';', { fields: ['a,"b" ', 'c'] }],
    ['a\t"b\tc"\t', '\t', { fields: ['a', 'b\tc', ''] }],
    ['x,"open', ',', { openAt: 3 }],
    ['"a" b,c', ',', { strayAt: 4 }],
    ['"",x', ',', { fields: ['', 'x'] }],
    ['', ',', { fields: [''] }],
  ]
  for (const [text, delimiter, expected] of cases)
    test(JSON.stringify(text), () => assert.deepEqual(splitRecord(text, delimiter), expected))

  test('a million commas are not a million fields', () => {
    for (const text of [','.repeat(1e6), `"a"${','.repeat(1e6)}`]) {
      const split = splitRecord(text, ',')
      assert.ok('fields' in split && split.fields.length <= 64)
    }
  })
})
