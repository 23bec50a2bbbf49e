import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { readRuleText, ruleMatch, saysDenied } from './rule-text.ts'

const BLOCK = '[file "/etc/crs/R.conf"] [line "83"] [id "941110"] [msg "XSS"]'

/** As ModSecurity 2 escapes what it quotes. */
const escape2 = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')

test('bracket-like text of an attacker is never read as brackets', () => {
  const words = fc.constantFrom('[id "1"]', '"] [id "1"] [tag "', '\\', '"', ']', ' [file "x"]', 'a', "' ) ")
  fc.assert(
    fc.property(fc.array(words, { maxLength: 8 }), fc.array(words, { maxLength: 8 }), (lead, data) => {
      const text = `Warning. Match of "${escape2(lead.join(''))}" at ARGS:q. ${BLOCK} [data "${escape2(data.join(''))}"] [severity "CRITICAL"] [tag "attack-xss"]`
      const match = ruleMatch(readRuleText(text, 'left'))
      assert.equal(match?.ruleId, 941110)
      assert.equal(match?.line, 83)
      assert.equal(match?.severity, 2)
      assert.equal(match?.data, data.join(''))
      assert.deepEqual(match?.tags, ['attack-xss'])
    }),
  )
})

test('from the right: unescaped brackets in the match text do not count', () => {
  const text = `Warning. Matched (Value: \`x [file "a"] [line "1"] [id "666"]' ) ${BLOCK} [data "d"] [severity "2"] [tag "t"]`
  const match = ruleMatch(readRuleText(text, 'right'))
  assert.equal(match?.ruleId, 941110)
  assert.equal(match?.severity, 2)
})

test('of a message that was cut off only what is whole counts', () => {
  const text = `Warning. Pattern match "x" at ARGS:q. ${BLOCK} [data "d"] [severity "CRITICAL"] [tag "attack-xss"] [tag "paranoia-level/1"]`
  for (let length = 0; length < text.length; length++) {
    const { fields, tags } = readRuleText(text.slice(0, length), 'left')
    assert.ok([undefined, '941110'].includes(fields.get('id')))
    assert.ok([undefined, 'CRITICAL'].includes(fields.get('severity')))
    assert.ok(tags.every((tag) => ['attack-xss', 'paranoia-level/1'].includes(tag)))
  }
})

test('the engine speaks of other things too', () => {
  const none = (text: string) => ruleMatch(readRuleText(text, 'left'))
  assert.equal(none('XML parser error: XML: Failed parsing document.'), undefined)
  assert.equal(
    none('Rule 7f [id "1"][file "x"][line "2"] - Execution error - PCRE limits exceeded (-47): (null).'),
    undefined,
  )
  assert.equal(none('Warning. Operator EQ matched 0 at X.')?.ruleId, 0)
  assert.ok(saysDenied('Access denied with code 403 (phase 2). Operator GE matched'))
  assert.ok(saysDenied('Access denied with connection close (phase 1). Pattern'))
  assert.ok(!saysDenied('Access allowed (phase 1). Pattern'))
  assert.ok(!saysDenied('Warning. Access denied with code 403'))
})
