/** Entries and changes for tests of sinks, hostile ones too. */
import fc from 'fast-check'
import type { Remediation } from '../core/decision.ts'
import { type Cidr, parseCidr } from '../core/ip.ts'
import type { Call, Change, Entry } from './sink.ts'

let ids = 0

export const entry = (value: string, more: Partial<Entry> = {}): Entry => ({
  id: `d-${(++ids * 0x1000003).toString(16).padStart(12, '0')}${'0'.repeat(12)}`,
  value,
  type: 'ban',
  attackClass: 'sqli',
  scenario: 'sql-injection',
  origin: 'engine',
  startsAt: 0,
  until: Date.now() + 3_600_000,
  since: 1,
  version: 1,
  ...more,
})

export const call = (): Call => ({
  key: 'test',
  signal: AbortSignal.timeout(60_000),
  log: { debug() {}, info() {}, warn() {}, error() {} },
})

export const snapshot = (entries: readonly Entry[], allow: readonly string[] = []): Change => ({
  kind: 'snapshot',
  entries: { count: entries.length, [Symbol.iterator]: () => entries[Symbol.iterator]() },
  allow: allow.map((text) => parseCidr(text)!),
})

export const delta = (added: readonly Entry[], removed: readonly Entry[] = [], allow?: readonly string[]): Change => ({
  kind: 'delta',
  added,
  removed,
  ...(allow ? { allow: allow.map((text): Cidr => parseCidr(text)!) } : {}),
})

const octet = fc.nat({ max: 255 })
const group = fc.nat({ max: 0xffff }).map((n) => n.toString(16))

/** Canonical, ordinary addresses and networks, close enough to each other to overlap. */
export const networkText: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(fc.constantFrom('203.0.113', '198.51.100', '203.0.112'), octet).map(([net, host]) => `${net}.${host}`),
  fc
    .tuple(octet, octet, fc.integer({ min: 9, max: 32 }))
    .map(([b, c, bits]) => parseCidr(`203.${b}.${c}.255/${bits}`)!.text),
  fc
    .tuple(group, group, fc.constantFrom(48, 56, 64, 128))
    .map(([a, b, bits]) => parseCidr(`2001:db8:${a}:${b}::7/${bits}`)!.text),
)

/** What no sink may ever pass on. */
export const specialText: fc.Arbitrary<string> = fc.constantFrom(
  ...['127.0.0.1', '10.0.0.0/8', '10.9.8.7', '192.168.1.0/24', '169.254.0.1', '100.64.0.9', '224.0.0.1', '0.0.0.0/0'],
  ...['255.255.255.255', '::1', '::/0', 'fe80::1', 'fc00::/7', '64:ff9b::/96', '100::1', '2001::1', '192.0.0.0/4'],
)

/** What an attacker would like to see in a configuration. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      '203.0.113.7;',
      '203.0.113.7\n198.51.100.1 R-0000-0000-0000;',
      '203.0.113.7 1; } location / {',
      '#',
      '$x',
    ],
    ...[
      '../../etc/passwd',
      '203.0.113.007',
      '203.0.113.7/24',
      '2001:DB8::1',
      "203.0.113.7'",
      '{',
      '}',
      '\u0000',
      'unix:',
    ],
  ),
  fc.string({ maxLength: 40 }),
)

const id = fc.oneof(
  { weight: 5, arbitrary: fc.stringMatching(/^d-[0-9a-f]{24}$/) },
  { weight: 1, arbitrary: hostileText },
)

export const hostileEntry: fc.Arbitrary<Entry> = fc
  .record({
    id,
    value: fc.oneof(
      { weight: 6, arbitrary: networkText },
      { weight: 2, arbitrary: specialText },
      { weight: 2, arbitrary: hostileText },
    ),
    type: fc.constantFrom<Remediation>('ban', 'ban', 'throttle', 'captcha', 'watch'),
    scenario: hostileText,
    origin: hostileText,
  })
  .map((fields) => entry(fields.value, fields))
