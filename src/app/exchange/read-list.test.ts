import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { HOUR, MINUTE, SECOND } from '../../core/time.ts'
import { gather } from './gather.ts'
import { entriesOf, fixture, gathered, policy, RECORDED, subjectsOf } from './imported.fixture.ts'
import { openInput } from './input.ts'
import type { Policy } from './judge.ts'
import type { Source } from './read-list.ts'

const dir = mkdtempSync(join(tmpdir(), 'riposte-lists-'))
after(() => rmSync(dir, { recursive: true, force: true }))

/** What every recording of CrowdSec's says of the same seven decisions; country, AS and user are refused, 10.0.0.5 too. */
const CROWDSEC = [
  '192.0.2.200 ban',
  '198.51.100.0/24 ban',
  '2001:db8:1:2::/64 captcha',
  '2001:db8:77::/48 ban',
  '203.0.113.7 ban',
  '203.0.113.98 ban',
  '203.0.113.99 ban',
]

/** `[source, recording, subjects, [read, refused]]`. */
const RECORDINGS: readonly [Source, string, readonly string[], readonly [number, number]][] = [
  ['crowdsec', 'cscli-decisions-list.json', CROWDSEC, [11, 4]],
  ['crowdsec', 'cscli-decisions-list.csv', CROWDSEC, [11, 4]],
  ['crowdsec', 'lapi-decisions.json', CROWDSEC, [11, 4]],
  ['crowdsec', 'lapi-stream.json', CROWDSEC, [8, 1]],
  ['crowdsec', 'cscli-import.csv', CROWDSEC.filter((s) => !/:77:|\.9[89]/.test(s)), [5, 1]],
  ['crowdsec', 'cscli-import.json', ['2001:db8:77::/48 ban', '203.0.113.98 ban', '203.0.113.99 ban'], [3, 0]],
  ['fail2ban', 'fail2ban-status-web.txt', ['2001:db8::/64 ban', '203.0.113.7 ban', '203.0.113.8 ban'], [4, 1]],
  [
    'fail2ban',
    'fail2ban-banned.txt',
    ['198.51.100.200 ban', '2001:db8::/64 ban', '203.0.113.7 ban', '203.0.113.8 ban'],
    [5, 1],
  ],
]

describe('recordings of real programs', () => {
  for (const [source, name, subjects, [read, refused]] of RECORDINGS)
    test(name, async () => {
      const found = await gathered(source, fixture(name))
      assert.deepEqual(subjectsOf(found), subjects)
      assert.deepEqual([found.account.read, found.account.refusals, found.account.unreadable], [read, refused, 0])
    })

  test('however they are cut, the same is read', async () => {
    for (const [source, name] of RECORDINGS) {
      const whole = await gathered(source, fixture(name))
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(), { minLength: 1, maxLength: 12 }), async (cuts) => {
          // The first chunk tells what the file is: a real one is larger than these files.
          const found = await gathered(
            source,
            fixture(name),
            policy(),
            cuts.map((cut) => 200 + cut),
          )
          assert.deepEqual(entriesOf(found), entriesOf(whole))
          assert.deepEqual(found.account, whole.account)
        }),
        { numRuns: 40 },
      )
    }
  })

  test('ends, reasons and classes come along', async () => {
    const entries = entriesOf(await gathered('crowdsec', fixture('cscli-decisions-list.json')))
    assert.deepEqual(
      entries.find(({ value }) => value === '203.0.113.7'),
      {
        value: '203.0.113.7',
        type: 'ban',
        until: RECORDED + 24 * HOUR - 1296,
        reason: 'crowdsecurity/http-sqli-probing',
        attackClass: 'sqli',
      },
    )
  })

  const databases: readonly [Source, string, readonly string[]][] = [
    ['crowdsec', 'crowdsec.sql', CROWDSEC],
    ['fail2ban', 'fail2ban.sql', ['198.51.100.200 ban', '2001:db8::/64 ban', '203.0.113.7 ban', '203.0.113.8 ban']],
  ]
  for (const [source, name, subjects] of databases)
    test(`the database of ${source}`, async () => {
      const path = join(dir, `${source}.db`)
      const database = new DatabaseSync(path, { enableForeignKeyConstraints: false })
      database.exec(fixture(name).toString())
      database.close()
      const found = await gather(source, openInput(path), policy())
      assert.deepEqual(subjectsOf(found), subjects)
      assert.deepEqual(found.account.unreadable, 0)
      const other = source === 'crowdsec' ? 'fail2ban' : 'crowdsec'
      await assert.rejects(gather(other, openInput(path), policy()), {
        code: 'IMPORT_DATABASE',
        remedy: new RegExp(source, 'i'),
      })
      await assert.rejects(gather('csv', openInput(path), policy()), { code: 'IMPORT_INPUT' })
    })

  test('a permanent ban of fail2ban gets an end, and that is told', async () => {
    const found = await gathered('fail2ban', fixture('fail2ban-banip-ssh.txt'), policy({ maxDuration: 48 * HOUR }))
    assert.equal(entriesOf(found)[0]?.until, RECORDED + 48 * HOUR)
    assert.equal(found.account.shortened, 1)
  })

  test('the times of fail2ban are those of its machine', async () => {
    const [first] = entriesOf(await gathered('fail2ban', fixture('fail2ban-banip-web.txt')))
    const local = new Date(2026, 10, 25, 23, 51, 29).getTime()
    assert.equal(first?.until, local)
  })
})

test('hostile rows of a database stop nothing and import nothing', async () => {
  const path = join(dir, 'hostile.db')
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false })
  database.exec(`${fixture('crowdsec.sql').toString()}
    CREATE TABLE allow_list_items (id INTEGER PRIMARY KEY, value, comment, expires_at);
    INSERT INTO allow_list_items (value, comment, expires_at) VALUES
      ('198.51.100.77', 'office', NULL), ('192.0.2.0/24', NULL, '2030-01-01 00:00:00+00:00'), (x'00ff', 1, 2);
    DELETE FROM decisions;
    INSERT INTO decisions (scenario, type, scope, value, origin, until) VALUES
      ('s', 'ban', 'Ip', x'cb007107', 'o', '2027-01-01 00:00:00+00:00'),
      ('s', 'ban', 'Ip', '203.0.113.1', 'o', 'soon'),
      ('s', 'ban', 'Ip', '203.0.113.2', 'o', 9223372036854775807),
      (x'00', 'ban', 'Ip', '203.0.113.3', 'o', '2027-01-01 00:00:00+00:00'),
      ('s', 'DROP TABLE', 'Ip', '203.0.113.4', 'o', '2027-01-01 00:00:00+00:00');`)
  database.close()
  const found = await gather('crowdsec', openInput(path), policy())
  assert.deepEqual(subjectsOf(found), ['203.0.113.3 ban'])
  assert.deepEqual([...found.harvest.allowances.keys()], ['198.51.100.77', '192.0.2.0/24'])
  assert.deepEqual([found.account.read, found.account.refusals, found.account.unreadable], [8, 1, 4])
})

describe('whom others spare', () => {
  test('ignoreip of fail2ban', async () => {
    const found = await gathered('fail2ban', fixture('jail.conf'))
    assert.deepEqual(
      [...found.harvest.allowances.values()],
      [
        { value: '192.0.2.0/28', kind: 'range', reason: 'fail2ban ignoreip' },
        { value: '198.51.100.77', kind: 'ip', reason: 'fail2ban ignoreip of ssh' },
      ],
    )
    // Loopback is spared anyhow; a name means something else there.
    assert.deepEqual([found.account.inForce, [...found.account.refused]], [2, [['host', 1]]])
  })

  const YAML = `name: crowdsecurity/whitelists
whitelist:
  reason: "offices"
  ip:
    - "127.0.0.1"
    - 203.0.113.9
  cidr: ["192.168.0.0/16", "198.51.0.0/7", "2001:db8::/32", "::/0"]
  expression:
    - evt.Parsed.x == 'y'
`
  test('parser whitelists of CrowdSec, each entry with its place', async () => {
    const found = await gathered('crowdsec', YAML)
    assert.deepEqual([...found.harvest.allowances.keys()], ['203.0.113.9', '2001:db8::/32'])
    assert.deepEqual([found.account.inForce, [...found.account.refused]], [2, [['wide', 2]]])
    assert.equal(found.account.samples.unreadable[0]?.place, 'list:9:7')
    const forced = await gathered('crowdsec', YAML, policy({ force: true }))
    assert.deepEqual([...forced.harvest.allowances.keys()], ['203.0.113.9', '198.0.0.0/7', '2001:db8::/32'])
  })

  test('allowlists of CrowdSec, with what ends', async () => {
    const list = {
      name: 'mine',
      created_at: '2026-01-01T00:00:00Z',
      items: [
        { value: '203.0.113.9', description: 'office', expiration: '0001-01-01T00:00:00.000Z' },
        { value: '192.0.2.0/24', expiration: '2027-01-01T00:00:00.000Z' },
        { value: '192.0.2.1', expiration: '2026-01-01T00:00:00.000Z' },
      ],
    }
    for (const text of [JSON.stringify(list), JSON.stringify([list])]) {
      const found = await gathered('crowdsec', text)
      assert.deepEqual(
        [...found.harvest.allowances.values()],
        [
          { value: '203.0.113.9', kind: 'ip', reason: 'office' },
          { value: '192.0.2.0/24', kind: 'range', expiresAt: Date.UTC(2027, 0) },
        ],
      )
      assert.deepEqual([...found.account.refused], [['expired', 1]])
    }
  })

  test('is never banned by mistake, nor the other way round', async () => {
    const spared = await gathered('fail2ban', fixture('jail.conf'), policy({ as: 'decisions' }))
    assert.deepEqual([subjectsOf(spared), spared.account.refused.get('contrary')], [[], 5])
    const banned = await gathered('crowdsec', fixture('cscli-import.csv'), policy({ as: 'allowlist' }))
    assert.deepEqual([banned.harvest.allowances.size, banned.account.refused.get('contrary')], [0, 5])
  })

  test('is a short list: a long one is a mistake', async () => {
    const many = Array.from({ length: 50_001 }, (_, i) => `11.${i >> 16}.${(i >> 8) & 255}.${i & 255}`).join('\n')
    await assert.rejects(gathered('csv', many, policy({ as: 'allowlist' })), { code: 'IMPORT_TOO_MANY' })
  })

  test('is not asked for again when it is there at least as long', async () => {
    const allowed = new Map([
      ['192.0.2.0/28', Number.POSITIVE_INFINITY],
      ['198.51.100.77', RECORDED + HOUR],
    ])
    const found = await gathered('fail2ban', fixture('jail.conf'), policy({ allowed }))
    assert.deepEqual([...found.harvest.allowances.keys()], ['198.51.100.77'])
  })
})

describe('lists as they are passed around', () => {
  const LISTS: readonly [name: string, text: string, subjects: readonly string[]][] = [
    [
      'one address per line',
      '# x\n; y\n// z\n\n203.0.113.1\r\n  203.0.113.2  \n',
      ['203.0.113.1 ban', '203.0.113.2 ban'],
    ],
    ['no line break at the end, a byte order mark', '\ufeff203.0.113.1', ['203.0.113.1 ban']],
    [
      'Spamhaus DROP',
      '; DROP\n192.0.2.0/24 ; SBL1\n198.51.100.0/25 ; SBL2, x',
      ['192.0.2.0/24 ban', '198.51.100.0/25 ban'],
    ],
    [
      'a netset with remarks',
      '203.0.113.0/28 # office; "not\n203.0.113.77\t# b',
      ['203.0.113.0/28 ban', '203.0.113.77 ban'],
    ],
    ['hosts', '203.0.113.1 evil.example.net\n203.0.113.2\tworse.example.net', ['203.0.113.1 ban', '203.0.113.2 ban']],
    ['columns in any order', 'Type;Comment;IP Address\nCAPTCHA;"a;b";203.0.113.1', ['203.0.113.1 captcha']],
    ['tabs', 'ip\taction\n203.0.113.1\tthrottle', ['203.0.113.1 throttle']],
    [
      'without headings',
      '4h,ip,203.0.113.1\n203.0.113.2,watch,7d,some reason',
      ['203.0.113.1 ban', '203.0.113.2 watch'],
    ],
    [
      'quoted line breaks',
      'ip,reason,type\n203.0.113.1,"two\nlines",ban\n203.0.113.2,,',
      ['203.0.113.1 ban', '203.0.113.2 ban'],
    ],
    [
      'IPv6 as its /64, networks as given',
      '2001:db8::1\n2001:db8:1::1/128\n::ffff:203.0.113.1',
      ['2001:db8:1::1/128 ban', '2001:db8::/64 ban', '203.0.113.1 ban'],
    ],
    [
      'our own JSON',
      '[\n{"value":"203.0.113.1","type":"ban","until":"2027-01-01T00:00:00.000Z"}\n]',
      ['203.0.113.1 ban'],
    ],
  ]
  for (const [name, text, subjects] of LISTS)
    test(name, async () => {
      const found = await gathered('csv', text)
      assert.deepEqual(subjectsOf(found), subjects)
      assert.equal(found.account.unreadable, 0)
    })

  test('in UTF-16, as spreadsheets save them', async () => {
    const text = '\ufeffip;reason\n203.0.113.1;é\n'
    assert.deepEqual(subjectsOf(await gathered('csv', Buffer.from(text, 'utf16le'))), ['203.0.113.1 ban'])
    assert.deepEqual(subjectsOf(await gathered('csv', Buffer.from(text, 'utf16le').swap16())), ['203.0.113.1 ban'])
  })

  test('what is repeated is folded: the stronger type, then the longer time', async () => {
    const found = await gathered(
      'csv',
      'ip,type,duration\n203.0.113.1,ban,1h\n203.0.113.1,ban,4h\n203.0.113.1,ban,2h\n' +
        '203.0.113.2,watch,30d\n203.0.113.2,ban,1h\n203.0.113.3,ban,1h\n203.0.113.3,captcha,9h',
    )
    assert.deepEqual(
      entriesOf(found).map(({ value, type, until }) => `${value} ${type} ${(until! - RECORDED) / HOUR}`),
      ['203.0.113.1 ban 4', '203.0.113.2 ban 1', '203.0.113.3 ban 1'],
    )
    assert.equal(found.account.repeated, 4)
  })

  test('a broken line does not stop the rest, and every refusal has its reason and place', async () => {
    const found = await gathered(
      'csv',
      [
        'value;type;duration;reason;scope',
        '203.0.113.1;ban;4h;fine;',
        'foo;ban;4h;;',
        '203.0.113.2;ban;soon;;',
        '"203.0.113.3;ban;4h;;',
        '203.0.113.4;exile;4h;;',
        '10.1.2.3;ban;4h;;',
        '192.0.2.9;ban;4h;;',
        '1.0.0.0/8;ban;4h;;',
        '203.0.113.5;ban;-4h;;',
        'FR;ban;4h;;Country',
        '203.0.113.6;ban;4h;"open',
      ].join('\n'),
      policy({ spare: ['192.0.2.0/24'] }),
    )
    assert.deepEqual(subjectsOf(found), ['203.0.113.1 ban'])
    const { account } = found
    assert.deepEqual(Object.fromEntries(account.refused), {
      type: 1,
      special: 1,
      spared: 1,
      wide: 1,
      expired: 1,
      scope: 1,
    })
    assert.deepEqual(
      account.samples.unreadable.map(({ place }) => place),
      ['list:3:1', 'list:4:1', 'list:5:1', 'list:12:20'],
    )
    assert.deepEqual(
      account.samples.refused.map(({ place }) => place),
      ['list:6:1', 'list:7:1', 'list:8:1', 'list:9:1', 'list:10:1', 'list:11:1'],
    )
    assert.equal(account.read, found.harvest.size + account.covered + account.refusals + account.unreadable)
    assert.ok(account.samples.unreadable.every(({ remedy }) => remedy !== undefined))
  })

  test('what is compressed is not taken for text', async () => {
    await assert.rejects(gathered('csv', Buffer.from([0x1f, 0x8b, 8, 0])), { code: 'IMPORT_INPUT' })
  })
})

describe('hostile lists', () => {
  const nasty = fc.oneof(
    fc.constantFrom(
      '0.0.0.0/0',
      '::/0',
      '10.0.0.1',
      '127.0.0.1',
      '::1',
      '::ffff:10.0.0.1',
      '::ffff:127.0.0.1/104',
      'fe80::1%eth0',
      '192.168.0.0/15',
      '172.16.0.0/11',
      '8.0.0.0/5',
      '2000::/3',
      '64:ff9b::c000:201',
      '192.0.2.7',
      '192.0.2.0/23',
      '٢٠٣.0.113.1',
      '203.0.113.1\0',
      '203.0.113.1/33',
      '203.0.113.1/-1',
      '203.0.113.01',
      '0x7f.1',
      '2130706433',
      '=cmd()',
      '"',
      ',',
      ';',
      '\t',
      '\r',
      '\n',
      '[',
      '{',
      '}',
      "'",
      '{"value":"10.0.0.1"}',
      '[{"value":"127.0.0.1"}]',
      'ip,type',
      'value',
      'ban',
      '-1',
      '1e999',
      'value,until\n203.0.113.1,-999999999999w\n203.0.113.2,999999999999y\n',
      '9999-12-31',
      'ignoreip =',
      'Banned IP list:',
      "[{'x': ['10.0.0.1']}]",
      'whitelist:\n  ip: ["203.0.113.1"]',
      '__proto__',
      'constructor',
      '\ufeff',
      '\ud800',
    ),
    fc.string({ maxLength: 10 }),
    fc.ipV4(),
    fc.ipV6(),
  )
  const bytes = fc.oneof(
    fc.array(nasty, { maxLength: 30 }).map((all) => Buffer.from(all.join(''))),
    fc.array(nasty, { maxLength: 30 }).map((all) => Buffer.from(all.join('\n'))),
    fc.uint8Array({ maxLength: 200 }),
  )

  const as = fc.constantFrom<Partial<Policy>>({}, { as: 'decisions' }, { as: 'allowlist' })

  test('never throw, never import what must not be, always add up', async () => {
    const rules = policy({ spare: ['192.0.2.0/24'] })
    let taken = 0
    await fc.assert(
      fc.asyncProperty(fc.constantFrom<Source>('crowdsec', 'fail2ban', 'csv'), as, bytes, async (source, as, text) => {
        let found: Awaited<ReturnType<typeof gathered>>
        try {
          found = await gathered(source, text, { ...rules, ...as })
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'IMPORT_INPUT')
          return
        }
        const { account, harvest } = found
        assert.equal(
          account.read,
          harvest.size + harvest.allowances.size + account.covered + account.refusals + account.unreadable,
        )
        for (const { value, until } of entriesOf(found)) {
          taken++
          assert.doesNotMatch(
            value,
            /^(?:0|10|127|22[4-9]|23\d|24\d|25[0-5])\.|^192\.(?:0\.0|168)\.|^169\.254|^f[cd][0-9a-f]{2}:|^fe[89ab][0-9a-f]:|^ff[0-9a-f]{2}:|^::|^64:/,
          )
          assert.ok(Number(/\/(\d+)$/.exec(value)?.[1] ?? 32) >= 16)
          assert.ok(until! > RECORDED && Number.isSafeInteger(until))
        }
        for (const { value, expiresAt } of harvest.allowances.values()) {
          assert.doesNotMatch(value, /\/[0-7]$/)
          assert.ok(expiresAt === undefined || Number.isSafeInteger(expiresAt))
        }
      }),
      { numRuns: 3000 },
    )
    assert.ok(taken > 500, `only ${taken} entries were taken`)
  })

  const huge: readonly [string, string | Buffer, number][] = [
    ['a line of 1 MB', `${'x'.repeat(1e6)}\n203.0.113.1\n`, 1],
    ['a million commas', `${','.repeat(1e6)}\n203.0.113.1\n`, 1],
    ['a quote that is never closed', `ip,x\n"${'y\n'.repeat(3000)}203.0.113.1,\n`, 1],
    ['invalid UTF-8 and NUL', Buffer.concat([Buffer.from([0xff, 0, 0xc0, 10]), Buffer.from('203.0.113.1\n')]), 1],
    ['a JSON string of 1 MB', `[{"value":"${'z'.repeat(1e6)}"},{"value":"203.0.113.1"}]`, 1],
    ['JSON a million deep', '['.repeat(1e6), 0],
    ['a million backslashes', `[{"value":"${'\\'.repeat(1e6)}"},{"value":"203.0.113.1"}]`, 1],
  ]
  for (const [name, text, taken] of huge)
    test(name, async () => {
      const cuts = Array.from({ length: 30 }, (_, i) => 40_000 * (i + 1))
      const found = await gathered('csv', text, policy(), cuts)
      assert.equal(found.harvest.size, taken)
      assert.ok(found.account.unreadable > 0)
    })

  test('a whitelist is no YAML bomb', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.replaceAll(/./g, (k) => `${k}: &${k} [${`*${String.fromCharCode(k.charCodeAt(0) - 1)},`.repeat(9)}]\n`)}whitelist: { ip: *h }\n`
    const found = await gathered('crowdsec', bomb)
    assert.equal(found.harvest.allowances.size, 0)
  })
})

test('a file is read as it lies there', async () => {
  const path = join(dir, 'list.txt')
  writeFileSync(path, '203.0.113.1\n')
  let bytes = 0
  const found = await gather('csv', openInput(path), policy({ now: RECORDED, duration: 10 * MINUTE }), (read) => {
    bytes = read
  })
  assert.equal(bytes, 12)
  assert.equal(entriesOf(found)[0]?.until, RECORDED + 600 * SECOND)
  assert.throws(() => openInput(dir), { code: 'IMPORT_INPUT' })
  assert.throws(() => openInput(join(dir, 'none')), { code: 'ENOENT' })
})
