import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttackClass, RawMatch } from '../core/event.ts'
import { byStrength, ruleKind } from './attack-class.ts'

const rule = (ruleId: number, tags: readonly string[] = [], message = ''): RawMatch => ({
  ruleId,
  message,
  data: '',
  tags,
  file: '',
  line: 0,
})

const CASES: readonly (readonly [AttackClass, RawMatch])[] = [
  ['sqli', rule(942190, ['application-multi', 'attack-sqli', 'OWASP_CRS'])],
  ['sqli', rule(942190, ['OWASP_CRS/ATTACK-SQLI'])],
  ['sqli', rule(942100)],
  ['xss', rule(941100, ['attack-xss', 'xss-perf-disable'])],
  ['lfi', rule(930110)],
  ['rfi', rule(931100, ['attack-rfi'])],
  ['rce', rule(932160, ['attack-rce'])],
  ['php', rule(933210, ['language-php', 'attack-injection-php'])],
  ['php', rule(933180)],
  ['java', rule(944130, ['language-java', 'attack-rce'])],
  ['java', rule(944150, ['attack-rce', 'OWASP_CRS/ATTACK-JAVA'])],
  ['rce', rule(934100, ['language-javascript', 'attack-rce', 'attack-injection-generic'])],
  ['rce', rule(934100)],
  ['ssrf', rule(934110, ['attack-ssrf'])],
  ['ssrf', rule(934120)],
  ['ssti', rule(934180, ['attack-ssti', 'attack-injection-generic'])],
  ['session-fixation', rule(943110, ['attack-fixation'])],
  ['scanner', rule(913100, ['attack-reputation-scanner'])],
  ['scanner', rule(913100, ['OWASP_CRS/SCANNER-DETECTION'])],
  ['protocol', rule(911100, ['attack-generic', 'OWASP_CRS/METHOD-ENFORCEMENT'])],
  ['protocol', rule(920350, ['attack-protocol'])],
  ['protocol', rule(922110, ['attack-multipart-header'])],
  ['data-leak', rule(951120, ['attack-disclosure'])],
  ['data-leak', rule(953100)],
  ['rce', rule(955100, ['language-php', 'attack-rce', 'OWASP_CRS/WEB-SHELLS'])],
  ['dos', rule(912120, ['attack-dos'])],
  ['other', rule(910100, ['attack-reputation-ip'])],
  ['honeypot', rule(5001, ['honeypot'])],
  ['honeypot', rule(942100, ['attack-sqli', 'honeytoken'])],
  ['honeypot', rule(111, [], 'HoneyTrap alert')],
  ['honeypot', rule(111)],
  ['other', rule(111, [], 'Something of somebody else')],
  ['xxe', rule(4001, ['attack-xxe'])],
  ['xxe', rule(4002, [], 'XML external entity in request')],
  ['bruteforce', rule(4003, [], 'Too many login attempts')],
  ['sqli', rule(2001, ['attack-sqli'], 'SQL Injection Attack')],
  ['lfi', rule(4004, [], 'Path Traversal Attack')],
  ['protocol', rule(200002, [], 'Failed to parse request body.')],
  ['other', rule(999002, [], 'Legitimate traffic')],
  ['other', rule(3001, [], 'Admin area access')],
]
for (const [expected, match] of CASES)
  test(`${match.ruleId} ${match.tags.join(' ')} ${match.message} is ${expected}`, () => {
    const kind = ruleKind(match)
    assert.equal(kind.attackClass, expected)
    assert.equal(kind.evaluation, false)
  })

test('what adds up, acts on or reports the score is no evidence, by family or by tag', () => {
  for (const id of [949100, 949110, 949111, 959100, 980130, 980170]) assert.equal(ruleKind(rule(id)).evaluation, true)
  for (const tag of ['anomaly-evaluation', 'event-correlation', 'reporting', 'OWASP_CRS/anomaly-evaluation'])
    assert.equal(ruleKind(rule(7, [tag])).evaluation, true)
  assert.equal(ruleKind(rule(949110, ['attack-generic'])).evaluation, true)
})

test('the paranoia level is the tag’s', () => {
  assert.equal(ruleKind(rule(942130, ['paranoia-level/2'])).paranoiaLevel, 2)
  assert.equal(ruleKind(rule(942130, ['paranoia-level/9'])).paranoiaLevel, undefined)
  assert.equal(ruleKind(rule(942100)).paranoiaLevel, undefined)
})

test('classes come strongest first: traps, attacks by points, scanners, protocol', () => {
  const points = new Map<AttackClass, number>([
    ['protocol', 20],
    ['xss', 4],
    ['other', 30],
    ['sqli', 8],
    ['scanner', 12],
    ['honeypot', 0],
  ])
  assert.deepEqual(byStrength(points), ['honeypot', 'sqli', 'xss', 'scanner', 'protocol', 'other'])
  assert.deepEqual(byStrength(new Map()), [])
})
