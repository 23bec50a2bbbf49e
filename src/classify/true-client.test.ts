import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { HeaderList } from '../core/event.ts'
import { parseCidr } from '../core/ip.ts'
import { type ClientHeader, createTrueClient, isClientHeader } from './true-client.ts'

const PROXIES = ['10.20.0.0/24', '2001:db8:ffff::/48']
const clientOf = (peer: string, headers: HeaderList, clientHeader: ClientHeader = 'auto', proxies = PROXIES) =>
  createTrueClient({ trustedProxies: proxies.map((text) => parseCidr(text)!), clientHeader })(
    peer,
    headers,
    headers.filter(([name]) => isClientHeader(name.toLowerCase())).length,
  )

const XFF = 'X-Forwarded-For'
const CASES: readonly (readonly [
  what: string,
  peer: string,
  headers: HeaderList,
  ip: string,
  by: string,
  pick?: ClientHeader,
])[] = [
  ['no proxy', '198.51.100.9', [], '198.51.100.9', 'peer'],
  ['untrusted peer with a header', '198.51.100.9', [[XFF, '203.0.113.1']], '198.51.100.9', 'peer'],
  ['trusted peer', '10.20.0.1', [[XFF, '203.0.113.1']], '203.0.113.1', 'header'],
  ['trusted peer without header', '10.20.0.1', [], '10.20.0.1', 'peer'],
  ['trusted peer with a blank header', '10.20.0.1', [[XFF, '  ']], '10.20.0.1', 'peer'],
  ['forged on the left', '10.20.0.1', [[XFF, '6.6.6.6, 203.0.113.1']], '203.0.113.1', 'header'],
  ['two proxies', '10.20.0.1', [[XFF, '6.6.6.6, 203.0.113.1, 10.20.0.7']], '203.0.113.1', 'header'],
  ['proxy forged before the client', '10.20.0.1', [[XFF, '6.6.6.6, 10.20.0.7, 203.0.113.1']], '203.0.113.1', 'header'],
  ['only proxies', '10.20.0.1', [[XFF, '10.20.0.9, 10.20.0.7']], '10.20.0.9', 'header'],
  [
    'repeated headers, in order',
    '10.20.0.1',
    [
      [XFF, '6.6.6.6'],
      [XFF, '203.0.113.1, 10.20.0.7'],
    ],
    '203.0.113.1',
    'header',
  ],
  [
    'repeated headers, walk goes on',
    '10.20.0.1',
    [
      [XFF, '6.6.6.6, 203.0.113.1'],
      ['x-forwarded-for', '10.20.0.7'],
    ],
    '203.0.113.1',
    'header',
  ],
  ['port', '10.20.0.1', [[XFF, '203.0.113.1:4711']], '203.0.113.1', 'header'],
  ['IPv6', '10.20.0.1', [[XFF, '2001:DB8:0:0::7']], '2001:db8::7', 'header'],
  ['IPv6 with brackets', '10.20.0.1', [[XFF, '[2001:db8::7]']], '2001:db8::7', 'header'],
  ['IPv6 with port', '10.20.0.1', [[XFF, '[2001:db8::7]:4711']], '2001:db8::7', 'header'],
  ['IPv4 mapped', '10.20.0.1', [[XFF, '::ffff:203.0.113.1']], '203.0.113.1', 'header'],
  ['mapped peer', '::ffff:10.20.0.1', [[XFF, '203.0.113.1']], '203.0.113.1', 'header'],
  ['mapped proxy in the chain', '10.20.0.1', [[XFF, '203.0.113.1, ::ffff:10.20.0.7']], '203.0.113.1', 'header'],
  ['IPv6 proxy', '2001:db8:ffff:1::2', [[XFF, '203.0.113.1']], '203.0.113.1', 'header'],
  ['malformed last', '10.20.0.1', [[XFF, '203.0.113.1, rubbish']], '10.20.0.1', 'unreadable'],
  ['empty last', '10.20.0.1', [[XFF, '203.0.113.1,']], '10.20.0.1', 'unreadable'],
  ['malformed behind a proxy', '10.20.0.1', [[XFF, '203.0.113.1, unknown, 10.20.0.7']], '10.20.0.1', 'unreadable'],
  ['octal is no address', '10.20.0.1', [[XFF, '0203.0.113.1']], '10.20.0.1', 'unreadable'],
  ['short form is no address', '10.20.0.1', [[XFF, '203.1']], '10.20.0.1', 'unreadable'],
  ['port out of shape', '10.20.0.1', [[XFF, '203.0.113.1:port']], '10.20.0.1', 'unreadable'],
  ['unclosed bracket', '10.20.0.1', [[XFF, '[2001:db8::7']], '10.20.0.1', 'unreadable'],
  ['junk after bracket', '10.20.0.1', [[XFF, '[2001:db8::7]x']], '10.20.0.1', 'unreadable'],
  ['IPv4 in brackets', '10.20.0.1', [[XFF, '[203.0.113.1]']], '10.20.0.1', 'unreadable'],
  ['a chain without end', '10.20.0.1', [[XFF, `6.6.6.6${', 10.20.0.7'.repeat(40)}`]], '10.20.0.1', 'unreadable'],
  [
    'Forwarded',
    '10.20.0.1',
    [['Forwarded', 'for=6.6.6.6, for=203.0.113.1;proto=https;by=10.20.0.1']],
    '203.0.113.1',
    'header',
  ],
  [
    'Forwarded, quoted IPv6 with port',
    '10.20.0.1',
    [['Forwarded', 'For="[2001:db8::7]:4711"']],
    '2001:db8::7',
    'header',
  ],
  [
    'Forwarded over a proxy',
    '10.20.0.1',
    [['Forwarded', 'for=203.0.113.1, for="10.20.0.7:80"']],
    '203.0.113.1',
    'header',
  ],
  [
    'Forwarded, repeated',
    '10.20.0.1',
    [
      ['Forwarded', 'for=6.6.6.6'],
      ['forwarded', 'for=203.0.113.1'],
    ],
    '203.0.113.1',
    'header',
  ],
  ['Forwarded unknown', '10.20.0.1', [['Forwarded', 'for=6.6.6.6, for=unknown']], '10.20.0.1', 'unreadable'],
  ['Forwarded obfuscated', '10.20.0.1', [['Forwarded', 'for=6.6.6.6, for="_gazonk"']], '10.20.0.1', 'unreadable'],
  ['Forwarded without for', '10.20.0.1', [['Forwarded', 'for=6.6.6.6, proto=https']], '10.20.0.1', 'unreadable'],
  ['Forwarded twice for', '10.20.0.1', [['Forwarded', 'for=6.6.6.6;for=203.0.113.1']], '10.20.0.1', 'unreadable'],
  [
    'Forwarded, a forged open quote',
    '10.20.0.1',
    [['Forwarded', 'for="6.6.6.6, for=203.0.113.1']],
    '203.0.113.1',
    'header',
  ],
  [
    'Forwarded, a forged escape',
    '10.20.0.1',
    [['Forwarded', 'for=6.6.6.6;x="\\, for="203.0.113.1"']],
    '203.0.113.1',
    'header',
  ],
  [
    'Forwarded, a comma within quotes',
    '10.20.0.1',
    [['Forwarded', 'for=203.0.113.1;x="a, for=6.6.6.6"']],
    '203.0.113.1',
    'header',
  ],
  ['X-Real-IP', '10.20.0.1', [['X-Real-IP', '203.0.113.1']], '203.0.113.1', 'header'],
  [
    'X-Real-IP twice, differing',
    '10.20.0.1',
    [
      ['X-Real-IP', '6.6.6.6'],
      ['X-Real-IP', '203.0.113.1'],
    ],
    '10.20.0.1',
    'unreadable',
  ],
  ['X-Real-IP as a list', '10.20.0.1', [['X-Real-IP', '6.6.6.6, 203.0.113.1']], '10.20.0.1', 'unreadable'],
  [
    'auto: X-Forwarded-For comes first',
    '10.20.0.1',
    [
      ['X-Real-IP', '6.6.6.6'],
      ['Forwarded', 'for=6.6.6.6'],
      [XFF, '203.0.113.1'],
    ],
    '203.0.113.1',
    'header',
  ],
  [
    'named header: others are not asked',
    '10.20.0.1',
    [
      [XFF, '6.6.6.6'],
      ['X-Real-IP', '203.0.113.1'],
    ],
    '203.0.113.1',
    'header',
    'x-real-ip',
  ],
  ['named header absent', '10.20.0.1', [[XFF, '6.6.6.6']], '10.20.0.1', 'peer', 'forwarded'],
  ['none: the peer as logged', '10.20.0.1', [[XFF, '6.6.6.6']], '10.20.0.1', 'peer', 'none'],
]
for (const [what, peer, headers, ip, by, pick] of CASES)
  test(`true client: ${what}`, () => {
    const client = clientOf(peer, headers, pick)
    assert.deepEqual([client.ip, client.by], [ip, by])
  })

test('headers from an untrusted peer are counted, those from a trusted one are not', () => {
  const headers: HeaderList = [
    [XFF, '1.1.1.1'],
    ['x-real-ip', '1.1.1.1'],
    ['FORWARDED', 'for=1.1.1.1'],
    ['Via', 'x'],
  ]
  assert.equal(clientOf('198.51.100.9', headers).untrustedHeaders, 3)
  assert.equal(clientOf('10.20.0.1', headers).untrustedHeaders, 0)
})

const v4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join('.'))
const outsider = v4.filter((ip) => !ip.startsWith('10.20.0.'))
const proxy = fc.nat(255).map((n) => `10.20.0.${n}`)
const scrap = fc.oneof(
  v4,
  proxy,
  fc.string({ maxLength: 20 }),
  fc.constantFrom('', ',', '"', '\\', ';', 'for=', 'unknown', '[', ']', ':80', ', 10.20.0.7', ' '),
)
const wild = fc.array(scrap, { maxLength: 8 }).map((parts) => parts.join(''))
const wildHeaders = fc.array(fc.tuple(fc.constantFrom(XFF, 'x-forwarded-for', 'Forwarded', 'X-Real-IP'), wild), {
  maxLength: 5,
})

test('an untrusted peer is the client, whatever it writes', () => {
  fc.assert(
    fc.property(
      outsider,
      wildHeaders,
      fc.constantFrom<ClientHeader>('auto', 'x-forwarded-for', 'forwarded', 'x-real-ip'),
      (peer, headers, pick) => {
        assert.equal(clientOf(peer, headers, pick).ip, peer)
      },
    ),
    { numRuns: 1000 },
  )
})

const written: Readonly<Record<string, (ip: string) => string>> = {
  [XFF]: (ip) => ip,
  Forwarded: (ip) => `for=${ip};proto=https`,
}
for (const [name, write] of Object.entries(written))
  test(`behind trusted proxies writing ${name} the outsider's own address is found, whatever it wrote before`, () => {
    fc.assert(
      fc.property(wild, outsider, fc.array(proxy, { maxLength: 4 }), fc.boolean(), (forged, ip, chain, separate) => {
        // What our proxies append: the outsider's address and each other's; as a line of its own or on the outsider's.
        const appended = [ip, ...chain].map(write).join(', ')
        const headers: HeaderList = separate
          ? [
              [name, forged],
              [name, appended],
            ]
          : [[name, `${forged}, ${appended}`]]
        const client = clientOf('10.20.0.1', headers, name === XFF ? 'x-forwarded-for' : 'forwarded')
        assert.deepEqual([client.ip, client.by], [ip, 'header'])
      }),
      { numRuns: 2000 },
    )
  })

test('whatever a trusted peer passes on, the client is an address it wrote or the peer', () => {
  fc.assert(
    fc.property(wildHeaders, (headers) => {
      const { ip } = clientOf('10.20.0.1', headers)
      assert.ok(ip === '10.20.0.1' || headers.some(([, value]) => value.includes(ip) || value.includes(':')), ip)
    }),
    { numRuns: 2000 },
  )
})

test('a header of a megabyte costs no more than its right end', () => {
  const line = `${'6.6.6.6,'.repeat(130_000)}203.0.113.1`
  const spaces = `${' '.repeat(1_000_000)}x`
  const started = process.cpuUsage()
  for (let i = 0; i < 20; i++) {
    assert.equal(clientOf('10.20.0.1', [[XFF, line]]).ip, '203.0.113.1')
    assert.equal(clientOf('10.20.0.1', [['Forwarded', `for="${line}`]]).by, 'unreadable')
    assert.equal(clientOf('10.20.0.1', [[XFF, spaces]]).by, 'unreadable')
  }
  assert.ok(process.cpuUsage(started).user < 1_000_000)
})
