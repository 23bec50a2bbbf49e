import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { paletteFor } from './colour.ts'
import { printable } from './printable.ts'
import { table } from './table.ts'
import { textWidth, truncate, wrap } from './width.ts'

const hostile = fc.string({ unit: 'binary', maxLength: 30 })
const SGR = /\u001b\[[0-9;]*m/g

test('cells per text', () => {
  for (const [text, cells] of [
    ['abc', 3],
    ['', 0],
    ['日本語', 6],
    ['한국', 4],
    ['e\u0301', 1],
    ['naïve', 5],
    ['👍', 2],
    ['👨‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['☺\ufe0f', 2],
    ['☺', 1],
    ['…–×', 3],
    ['ｆｕｌｌ', 8],
    ['עברית', 5],
  ] as const)
    assert.equal(textWidth(text), cells, JSON.stringify(text))
})

test('truncate keeps to the width and leaves what fits alone', () => {
  assert.equal(truncate('abcdef', 6), 'abcdef')
  assert.equal(truncate('abcdef', 5), 'abcd…')
  assert.equal(truncate('日本語', 5), '日本…')
  assert.equal(truncate('日本語', 4), '日…')
  assert.equal(truncate('abc', 0), '')
  fc.assert(
    fc.property(hostile, fc.nat(20), (text, max) => {
      const shown = printable(text)
      const cut = truncate(shown, max)
      assert.ok(textWidth(cut) <= max)
      if (textWidth(shown) <= max) assert.equal(cut, shown)
    }),
  )
})

test('wrap loses nothing and no line is wider', () => {
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three'])
  assert.deepEqual(wrap('abcdefgh ij', 3), ['abc', 'def', 'gh', 'ij'])
  fc.assert(
    fc.property(hostile, fc.integer({ min: 2, max: 20 }), (text, max) => {
      const shown = printable(text)
      const lines = wrap(shown, max)
      for (const line of lines) assert.ok(textWidth(line) <= max, JSON.stringify(lines))
      assert.equal(lines.join('').replaceAll(' ', ''), shown.replaceAll(' ', ''))
    }),
  )
})

test('printable escapes what a terminal obeys and keeps what people write', () => {
  assert.equal(printable('\u001b[31mred\u0007\n\t\u009b2J'), '\\x1b[31mred\\x07\\n\\t\\x9b2J')
  assert.equal(printable('a\u202eb\u2066c\u200bd\ufeff'), 'a\\u{202e}b\\u{2066}c\\u{200b}d\\u{feff}')
  assert.equal(printable('\ud800x'), '\\u{d800}x')
  assert.equal(printable("naïve 日本語 עברית 👍 O'Brien"), "naïve 日本語 עברית 👍 O'Brien")
})

test('columns line up, numbers stand right, trailing blanks are gone', () => {
  const lines = table(
    [{ header: 'NAME' }, { header: 'COUNT' }, { header: 'NOTE' }],
    [
      ['日本', 1234567, 'x'],
      ['abc', 5, undefined],
    ],
  )
  assert.deepEqual(lines, ['NAME      COUNT  NOTE', '日本  1,234,567  x', 'abc           5  –'])
})

test('only columns with a minimum give way, the widest first', () => {
  const columns = [{ header: 'ID' }, { header: 'A', min: 4 }, { header: 'B', min: 4 }]
  const [, line] = table(columns, [['d-12345', 'a'.repeat(30), 'b'.repeat(12)]], { width: 40 })
  assert.equal(line, `d-12345  ${'a'.repeat(16)}…  ${'b'.repeat(12)}`)
})

test('columns that may go are dropped before anything else is cut below its minimum', () => {
  const columns = [
    { header: 'ID' },
    { header: 'WHAT', min: 6 },
    { header: 'MORE', drop: 2 },
    { header: 'LESS', drop: 1 },
  ]
  const rows = [['d-1', 'something long', 'mmmm', 'llll']]
  assert.deepEqual(table(columns, rows, { width: 40 })[1], 'd-1  something long  mmmm  llll')
  assert.deepEqual(table(columns, rows, { width: 24 })[1], 'd-1  someth…  mmmm  llll')
  assert.deepEqual(table(columns, rows, { width: 22 })[1], 'd-1  something …  llll')
  assert.deepEqual(table(columns, rows, { width: 12 })[1], 'd-1  someth…')
})

test('whatever the cells hold, no line is wider than the terminal and no control character comes through', () => {
  const colours = paletteFor({ write() {}, isTTY: true }, {})
  const row = fc.tuple(hostile, fc.oneof(fc.integer(), hostile), hostile)
  fc.assert(
    fc.property(fc.array(row, { maxLength: 6 }), fc.integer({ min: 20, max: 120 }), (rows, width) => {
      const columns = [{ header: 'ONE', min: 4 }, { header: 'TWO', min: 6 }, { header: 'THREE' }]
      const painted = rows.map(([a, b, c]) => [a, b, { text: c, paint: colours.red }])
      const lines = table(columns, painted, { width, colours })
      assert.equal(lines.length, rows.length + 1)
      for (const line of lines) {
        const bare = line.replace(SGR, '')
        assert.ok(textWidth(bare) <= width, `${textWidth(bare)} > ${width}: ${JSON.stringify(bare)}`)
        assert.doesNotMatch(bare, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }
    }),
  )
})
