import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { DAY, HOUR, MINUTE } from '../../core/time.ts'
import { defaultConfig, type Environment, loadConfig } from './load.ts'
import { ConfigFailure, type Problem, problemPlace } from './problem.ts'
import type { Config } from './schema.ts'

const load = (text: string, env: Environment = {}, files: Record<string, string> = {}): Config =>
  loadConfig(text, '/etc/riposte/riposte.yaml', env, (path) => {
    const content = files[path]
    if (content === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' })
    return content
  })

const problems = (text: string, env: Environment = {}, files: Record<string, string> = {}): readonly Problem[] => {
  try {
    load(text, env, files)
  } catch (error) {
    assert.ok(error instanceof ConfigFailure, inspect(error))
    return error.problems
  }
  return assert.fail('the configuration was accepted')
}

const only = (text: string, env: Environment = {}, files: Record<string, string> = {}): Problem => {
  const found = problems(text, env, files)
  assert.equal(found.length, 1, inspect(found))
  return found[0]!
}

test('an empty file is the defaults', () => {
  const { state, ...rest } = load('')
  const { state: _state, ...defaults } = defaultConfig()
  assert.deepEqual(rest, defaults)
  assert.equal(state.reveal(), '/etc/riposte/riposte.db')
  assert.equal(rest.retention.maxAge, 30 * DAY)
  assert.deepEqual(rest.decide.ladder, [4 * HOUR, DAY, 7 * DAY])
})

test('durations, sizes, networks and sources arrive ready to use', () => {
  const config = load(`
sensors:
  - id: shop
    sources:
      - file: /var/log/modsec_audit.log
      - file: [logs/a.log, /b/*.log]
        format: modsec3-json
      - concurrent: { storage: audit, index: audit.index }
      - stdin: true
    trustedProxies: [10.1.2.3/8, "2001:DB8::/32", 192.0.2.1]
    timezone: Europe/Berlin
    lineLimit: 2MiB
retention: { maxAge: 1h30m, maxBytes: 200MB }
`)
  const sensor = config.sensors[0]!
  assert.deepEqual(sensor.sources, [
    { kind: 'file', paths: ['/var/log/modsec_audit.log'], format: 'auto' },
    { kind: 'file', paths: ['/etc/riposte/logs/a.log', '/b/*.log'], format: 'modsec3-json' },
    { kind: 'concurrent', storage: '/etc/riposte/audit', index: '/etc/riposte/audit.index', format: 'auto' },
    { kind: 'stdin', format: 'auto' },
  ])
  assert.deepEqual(
    sensor.trustedProxies.map((proxy) => proxy.text),
    ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'],
  )
  assert.equal(sensor.lineLimit, 2 * 1024 * 1024)
  assert.equal(config.retention.maxAge, HOUR + 30 * MINUTE)
  assert.equal(config.retention.maxBytes, 200_000_000)
})

test('every mistake is named at once, in the order of the file, with place and remedy', () => {
  const found = problems(`sensor: 1
sensors:
  - id: web
    sources:
      - { fil: /x, format: modsec3json }
      - {}
    trustedProxies: [10.0.0.0/33, 300.1.1.1]
    timezone: Mars
    lineLimit: 10
decide:
  cooloff: 5 parsecs
  ladder: 4h
  shadow: "yes"
  budget: { perMinute: 0 }
log: { level: inf }
`)
  const lines = found.map((p) => `${p.line}:${p.column} ${p.key} | ${p.message} | ${p.remedy}`)
  const expected = [
    /^1:1 {2}\| unknown key "sensor" \| Did you mean sensors\?/,
    /^5:11 sensors\[0\]\.sources\[0\] \| unknown key "fil" \| Did you mean file\?/,
    /^5:28 sensors\[0\]\.sources\[0\]\.format \| "modsec3json" is not known here \| Did you mean modsec3-json\?/,
    /^6:9 sensors\[0\]\.sources\[1\] \| this source says nothing to read \| Give exactly one of/,
    /^7:22 sensors\[0\]\.trustedProxies\[0\] \| "10\.0\.0\.0\/33" is not .* \| The prefix length of an IPv4 network is 0 to 32/,
    /^7:35 sensors\[0\]\.trustedProxies\[1\] \| "300\.1\.1\.1" is not an address or network/,
    /^8:15 sensors\[0\]\.timezone \| "Mars" is not a time zone/,
    /^9:16 sensors\[0\]\.lineLimit \| expects text, found the number 10 \| Write it like 200MB/,
    /^11:12 decide\.cooloff \| "5 parsecs" is not a duration \| Write a number and a unit/,
    /^12:11 decide\.ladder \| expects a list, found text \| Begin each entry with "- "/,
    /^13:11 decide\.shadow \| expects true or false, found text/,
    /^14:24 decide\.budget\.perMinute \| 0 is too small \| Write at least 1/,
    /^15:15 log\.level \| "inf" is not known here \| Did you mean info\?/,
  ]
  assert.equal(lines.length, expected.length, lines.join('\n'))
  for (const [i, pattern] of expected.entries()) assert.match(lines[i]!, pattern)
})

test('broken YAML is named with its place', () => {
  const tab = only('sensors:\n\t- id: x\n')
  assert.deepEqual([tab.line, tab.message], [2, 'a tab indents this line'])
  const twice = only('log: {}\nstate: a\nlog: {}\n')
  assert.deepEqual([twice.line, twice.column, twice.message], [3, 1, 'this key stands here twice'])
  assert.match(only('state: "abc\n').message, /not valid YAML/)
  assert.equal(problemPlace(twice), '/etc/riposte/riposte.yaml:3:1')
})

test('a document is not a list or a word', () => {
  assert.match(only('- a\n- b\n').message, /expects a mapping .* found a list/)
  assert.match(only('hello').message, /expects a mapping .* found text/)
})

test('aliases that multiply without bound are refused', () => {
  let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n'
  for (let i = 1; i < 9; i++)
    text += `a${i}: &a${i} [${Array(10)
      .fill(`*a${i - 1}`)
      .join(', ')}]\n`
  assert.match(only(text).message, /too many YAML aliases/)
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: YAML, not JavaScript.
test('the environment fills values, never keys, and unset names are errors', () => {
  const env = { DB: 'postgres://u:hunter2@db/riposte', N: '7', EMPTY: '' }
  assert.equal(load('state: ${DB}', env).state.reveal(), env.DB)
  assert.equal(load('decide:\n  budget:\n    perMinute: ${N}', env).decide.budget.perMinute, 7)
  assert.equal(load('state: ${EMPTY:-/x.db}', env).state.reveal(), '/x.db')
  assert.equal(load('state: /a/$${DB}', env).state.reveal(), '/a/${DB}')
  assert.match(only('"${DB}": 1', env).message, /unknown key "\$\{DB\}"/)
  const unset = only('log: {}\nstate: ${D}', env)
  assert.deepEqual([unset.line, unset.column, unset.message], [2, 8, 'the environment has no D'])
  assert.match(only('state: ${1x}', env).message, /names no variable/)
})

test('a value from the environment or a secret file never shows in an error', () => {
  const env = { WORD: 'hunter2-hunter2' }
  for (const text of [
    'log: { level: "${WORD}" }',
    'decide: { cooloff: "${WORD}" }',
    'decide: { allowlist: ["${WORD}_"] }',
    'sensors: [{ id: "${WORD} x", sources: "${WORD}" }]',
    'sensors: [{ id: "a", sources: [{ stdin: "${WORD}" }], trustedProxies: ["${WORD}"], timezone: "${WORD}" }]',
    'evidence: { ban: "${WORD}" }',
    'state: "${WORD}://x"',
  ])
    assert.doesNotMatch(inspect(problems(text, env)), /hunter2/, text)
  assert.doesNotMatch(inspect(problems('state_file: s', {}, { '/etc/riposte/s': 'hunter2:abc' })), /hunter2/)
})

test('state_file gives the state; both, or an unreadable one, are errors', () => {
  const files = { '/etc/riposte/secret': 'postgres://u:p@h/d\n' }
  assert.equal(load('state_file: secret', {}, files).state.reveal(), 'postgres://u:p@h/d')
  assert.equal(load('state_file: ${DIR}/secret', { DIR: '/etc/riposte' }, files).state.reveal(), 'postgres://u:p@h/d')
  assert.match(only('state: a\nstate_file: secret', {}, files).message, /both given/)
  const missing = only('state_file: nowhere', {}, files)
  assert.match(missing.message, /cannot read \/etc\/riposte\/nowhere \(ENOENT\)/)
  assert.equal(missing.line, 1)
})

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: YAML, not JavaScript.

test('rules between keys', () => {
  const two = 'sensors:\n  - { id: a, sources: [{ stdin: true }] }\n  - { id: a, sources: [{ stdin: true }] }\n'
  assert.deepEqual(
    problems(two).map((p) => [p.line, p.key]),
    [
      [3, 'sensors[1].id'],
      [3, 'sensors[1].sources[0]'],
    ],
  )
  assert.match(
    only('sensors: [{ id: a, sources: [{ file: x }], trustedProxies: [0.0.0.0/0] }]').message,
    /every address/,
  )
  assert.match(only('decide: { allowlist: [300.1.1.1] }').message, /no address, network or host name/)
  assert.match(only('decide: { ladder: [7d, 4h] }').message, /shorter/)
  assert.match(only('evidence: { watch: 5, throttle: 4, ban: 6 }').message, /do not rise/)
  assert.deepEqual(
    load('decide: { allowlist: [192.0.2.0/24, { value: crawl.example.com, reason: search }] }').decide.allowlist,
    [
      { value: '192.0.2.0/24', reason: 'configured' },
      { value: 'crawl.example.com', reason: 'search' },
    ],
  )
})

test('whatever the text, the answer is a configuration or a ConfigFailure with places inside the text', () => {
  const word = fc.constantFrom(
    'state',
    'sensors',
    'id',
    'sources',
    'file',
    'decide',
    'x',
    '- ',
    ': ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '"',
    '&a ',
    '*a',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: YAML, not JavaScript.
    '${X}',
    '#',
    '|',
    '!!js ',
    '\t',
    '5',
    'true',
    '4h',
    '<<: ',
    '\u0000',
    '? ',
  )
  const text = fc.array(fc.oneof(word, fc.string({ maxLength: 4 })), { maxLength: 40 }).map((parts) => parts.join(''))
  let refused = 0
  fc.assert(
    fc.property(text, (yaml) => {
      try {
        load(yaml)
      } catch (error) {
        assert.ok(error instanceof ConfigFailure, inspect(error))
        refused++
        assert.ok(error.problems.length > 0)
        const lines = yaml.split('\n').length
        for (const p of error.problems) assert.ok(p.line === undefined || (p.line >= 1 && p.line <= lines), inspect(p))
      }
    }),
    { numRuns: 2000 },
  )
  assert.ok(refused > 500, `only ${refused} texts were refused: the generator is too tame`)
})
