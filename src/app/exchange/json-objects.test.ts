import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createJsonScanner, type FlatObject, type JsonFault } from './json-objects.ts'

const scan = (text: string, cuts: readonly number[] = []): (FlatObject | JsonFault)[] => {
  const scanner = createJsonScanner()
  const found: (FlatObject | JsonFault)[] = []
  let from = 0
  for (const cut of [...cuts.map((c) => c % (text.length + 1)).sort((a, b) => a - b), text.length]) {
    found.push(...scanner.push(text.slice(from, cut)))
    from = cut
  }
  return [...found, ...scanner.end()]
}

const flatOf = (value: unknown): unknown[] => {
  if (value === null || typeof value !== 'object') return []
  const inner = Object.values(value).flatMap(flatOf)
  const isFlat = !Array.isArray(value) && Object.values(value).every((v) => v === null || typeof v !== 'object')
  return isFlat ? [value] : inner
}

/** Keys of digits would be put in another order by JSON.parse. */
const value = fc.jsonValue({ maxDepth: 4 }).filter((v) => !/"\d+":/.test(JSON.stringify(v)))

describe('the flat objects of a JSON text', () => {
  test('are those that JSON.parse would find, wherever the text is cut', () => {
    let bites = 0
    fc.assert(
      fc.property(value, fc.boolean(), fc.array(fc.nat(), { maxLength: 8 }), (json, indented, cuts) => {
        const text = JSON.stringify(json, null, indented ? 2 : 0)
        const found = scan(text, cuts)
        const objects = found.map((one) => {
          assert.ok('text' in one, JSON.stringify(one))
          return JSON.parse(one.text) as unknown
        })
        assert.deepEqual(objects, flatOf(JSON.parse(text)))
        if (objects.length > 0) bites++
      }),
      { numRuns: 1500 },
    )
    assert.ok(bites > 200, `only ${bites} texts held an object`)
  })

  test('say where they stand and in what', () => {
    const text = '[\n {"id": 1,\n  "decisions": [{"value":"a"},\n   {"value":"b"}],\n  "source": {"ip":"c"}}]'
    assert.deepEqual(
      scan(text).map((one) => 'text' in one && [one.place, one.within, one.element, one.text]),
      [
        ['3:17', 'decisions', true, '{"value":"a"}'],
        ['4:4', 'decisions', true, '{"value":"b"}'],
        ['5:13', 'source', false, '{"ip":"c"}'],
      ],
    )
  })

  test('may follow each other, one a line', () => {
    assert.equal(scan('{"value":"a"}\n{"value":"b"}\n').length, 2)
  })

  const broken: readonly [string, string, RegExp][] = [
    ['[{"value":"a"}', '1:15', /ends in the middle/],
    ['[{"value":"a"} {"value":"b"}]', '1:16', /where none may stand/],
    ['[{"value":"a"},]', '1:16', /where none may stand/],
    ['[{"value"}]', '1:10', /where none may stand/],
    ['[{"value":"a"}}', '1:15', /where none may stand/],
    ['[\n{"value": nope}]', '2:11', /"nope" where none/],
    ['{"a":"\n', '1:6', /ends in the middle/],
  ]
  for (const [text, place, problem] of broken)
    test(`${JSON.stringify(text)} is broken at ${place}`, () => {
      const fault = scan(text).at(-1)!
      assert.ok('problem' in fault)
      assert.equal(fault.place, place)
      assert.match(fault.problem, problem)
    })

  test('what is too long is read past, and what follows is found', () => {
    const long = 'x'.repeat(70_000)
    for (const text of [`{"value":"${long}\\"\\\\"}`, `{"v":"${'y'.repeat(60_000)}","w":"${'y'.repeat(60_000)}"}`]) {
      const found = scan(`[${text},{"value":"b"}]`, [1000, 65_000, 69_999, 70_012, 70_013])
      assert.deepEqual(
        found.map((one) => ('text' in one ? one.text : one.fatal)),
        [false, '{"value":"b"}'],
      )
    }
  })

  test('any text at all is survived', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '\\"', 'null', '1e5', ' ', '\n', 'a', '\0')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.array(fc.nat(), { maxLength: 4 }), (pieces, cuts) => {
        const text = pieces.join('')
        assert.deepEqual(scan(text, cuts), scan(text))
      }),
      { numRuns: 2000 },
    )
    assert.ok(scan('['.repeat(100_000)).some((one) => 'problem' in one))
  })
})
