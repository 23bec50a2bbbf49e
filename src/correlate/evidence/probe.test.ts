import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLog4Shell, isShellshock } from '../../core/signature.ts'
import { clientOf } from './client.ts'
import { match, request } from './events.fixture.ts'
import { FOLD_SEED, fold, foldHash, mixed } from './fold-hash.ts'
import { pathPattern } from './path-pattern.ts'
import { type Probe, readEvent } from './probe.ts'
import { isHidden, matchedValue, sharpness, skeleton } from './shape.ts'
import { estimate, mark, newSketch } from './sketch.ts'

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: attack payloads look like templates

test('paths of one kind have one name', () => {
  for (const [path, pattern] of [
    ['/', '/'],
    ['/forum/t/812', '/forum/t/#'],
    ['/forum/t/9', '/forum/t/#'],
    ['/p/12-red-boots.html', '/p/#-red-boots.html'],
    ['/o/3fa85f64-5717-4562-b3fc-2c963f66afa6/items', '/o/*/items'],
    ['/static/app.css', '/static/app.css'],
  ] as const)
    assert.equal(pathPattern(path), pattern)
  assert.ok(pathPattern('/a'.repeat(100_000)).length <= 160)
})

test('a name folded in parts is the name', () => {
  for (const [a, b] of [
    ['', ''],
    ['example.net', '/a b'],
    ['\u00e9', '\u4e2d'],
  ] as const)
    assert.equal(mixed(fold(fold(FOLD_SEED, a), b)), foldHash(a + b))
})

test('a client is its address, or for IPv6 its /64, also when it is remembered', () => {
  for (let again = 0; again < 2; again++) {
    assert.equal(clientOf('192.0.2.7').who, '192.0.2.7')
    assert.equal(clientOf('2001:db8::1').who, '2001:db8::/64')
    assert.deepEqual(clientOf('2001:db8::1'), clientOf('2001:db8::2'))
  }
  const first = clientOf('198.51.100.1')
  for (let i = 0; i < 5000; i++) clientOf(`10.0.${i >> 8}.${i & 255}`)
  assert.deepEqual(clientOf('198.51.100.1'), first, 'forgetting changes nothing')
})

test('bare payloads are sharp, what people and programs write is not', () => {
  for (const payload of [
    "1' OR '1'='1",
    '1 OR 1=1--',
    '../../../../etc/passwd',
    '<script>alert(1)</script>',
    ';cat /etc/passwd',
    "-1' UNION SELECT NULL,NULL--",
  ])
    assert.equal(sharpness(payload), 1, payload)
  for (const prose of [
    'sleep well in our new beds; select a size',
    'rock and roll; drop in any time',
    '{"theme":"dark","n":1}',
  ])
    assert.equal(sharpness(prose), 0.5, prose)
  for (const text of ['x'.repeat(121), 'a\nb\nc', `<p>${'Long page. '.repeat(20)}</p>`]) {
    assert.equal(sharpness(text), 0)
    assert.equal(sharpness(text, true), 0.5, 'padding an address hides nothing')
  }
  assert.equal(sharpness('<redacted>'), 0.5)
  assert.ok(isHidden(''))
})

test('the value is found in the log data of every kind of rule', () => {
  assert.equal(matchedValue("Matched Data: s&1c found within ARGS:id: 1' OR 1=1"), "1' OR 1=1")
  assert.equal(matchedValue('Matched Data: java.lang.runtime found within REQUEST_BODY'), 'java.lang.runtime')
  assert.equal(matchedValue('Matched Data: a=1 found within REQUEST_BODY: <redacted>'), 'a=1')
  assert.equal(matchedValue('.bak'), '.bak')
  assert.equal(matchedValue(''), '')
})

test('wording, not numbers and case, tells payloads apart', () => {
  assert.equal(skeleton('1 AND 4821=4821'), skeleton('1 and 17=17'))
  assert.notEqual(skeleton("1' AND SLEEP(5)-- -"), skeleton("1' UNION SELECT NULL-- -"))
})

test('Log4Shell in its disguises, and what only looks like it', () => {
  for (const value of [
    '${jndi:ldap://x/a}',
    '${JNDI:dns://x}',
    '${${lower:j}ndi:ldap://x}',
    '${${::-j}${::-n}${::-d}${::-i}:ldap://x/z}',
    '${${env:NaN:-j}ndi:rmi://x}',
    'a ${b} ${jndi:ldap://x}',
  ])
    assert.ok(isLog4Shell(value), value)
  for (const value of [
    '${name}',
    '$(date)',
    '${DB_URL:-mysql://root@db}',
    'jndi:ldap',
    '$ {jndi:x}',
    `${'${'.repeat(500)}`,
  ])
    assert.ok(!isLog4Shell(value), value)
})

test('shellshock starts as a function definition', () => {
  for (const value of ['() { :;}; echo', '(){ x', '  () {']) assert.ok(isShellshock(value), value)
  for (const value of ['foo() {', '() => {', 'f(() {']) assert.ok(!isShellshock(value), value)
})

const probesOf = (
  matches: Parameters<typeof request>[0]['matches'],
  like: Parameters<typeof request>[0] = {},
): readonly Probe[] =>
  readEvent(
    request({ ...like, matches: matches! }),
    () => 1,
    () => false,
  ).probes

test('several rules on one input are one probe, with all their families', () => {
  const [probe, ...more] = probesOf([
    match(942100, 'sqli', 'ARGS:q', "1' OR 1=1"),
    match(932115, 'rce', 'ARGS:q', "1' OR 1=1"),
    match(930110, 'lfi', 'REQUEST_URI', '/?q=1'),
  ])
  assert.equal(more.length, 0, 'the address repeats the parameter')
  assert.equal(probe!.families, 0b10001)
})

test('what makes a probe a new one', () => {
  const key = (variable: string, value: string, uri = '/a'): number =>
    probesOf([match(942100, 'sqli', variable, value)], { uri })[0]!.key
  assert.equal(key('ARGS:q', "1' or 1=1"), key('ARGS:q', "2' OR 3=3"), 'same wording')
  assert.notEqual(key('ARGS:q', "1' or 1=1"), key('ARGS:q', "1' union select 2"), 'other wording')
  assert.notEqual(key('ARGS:q', "1' or 1=1"), key('ARGS:q', "1' or 1=1", '/b'), 'other page')
  assert.equal(
    key('REQUEST_COOKIES:c', '<redacted>'),
    key('REQUEST_COOKIES:c', '<redacted>', '/b'),
    'a cookie goes everywhere',
  )
})

test('rule beyond level 1, the evaluation of the score and the site’s own leaks are no probes', () => {
  assert.equal(probesOf([match(942430, 'sqli', 'ARGS:q', "';--", { paranoiaLevel: 3 })]).length, 0)
  const score = match(949110, 'other', 'TX:ANOMALY_SCORE', '5', { evaluation: true })
  const leak = match(951230, 'data-leak', 'RESPONSE_BODY', 'You have an error')
  assert.equal(probesOf([score, leak]).length, 0)
  assert.deepEqual(
    probesOf([score]).map((p) => p.families),
    [0],
    'a denial alone is an attempt of unknown kind',
  )
  assert.equal(
    probesOf([match(951230, 'data-leak', 'RESPONSE_BODY', 'You have an error in your SQL syntax')]).length,
    0,
  )
})

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: attack payloads look like templates

test('a sketch counts distinct things within a few per cent', () => {
  for (const n of [0, 1, 20, 100, 300]) {
    const sketch = newSketch(4)
    for (let i = 0; i < n; i++) for (let again = 0; again < 3; again++) mark(sketch, foldHash(`thing ${i}`))
    assert.ok(Math.abs(estimate(sketch) - n) <= Math.max(1, 0.15 * n), `${n}: ${estimate(sketch)}`)
  }
})
