/** Lists written for other name servers: read back by independent readers, and by the servers themselves. */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { freePort } from '../../../test/real/loopback.ts'
import { NAMED_PACKAGES, startNamed } from '../../../test/real/named.ts'
import { ensurePackages } from '../../../test/real/packages.ts'
import { RBLDNSD_PACKAGES } from '../../../test/real/rbldnsd.ts'
import { startServerProcess } from '../../../test/real/server-process.ts'
import { type Decision, REMEDIATIONS, type Remediation } from '../../core/decision.ts'
import { derivedId } from '../../core/id.ts'
import { type Cidr, parseCidr } from '../../core/ip.ts'
import { referenceOf } from '../../core/reference.ts'
import { specialNetwork } from '../../core/special-networks.ts'
import { HOUR } from '../../core/time.ts'
import { networkOfName } from '../../dns/list-name.ts'
import { zoneWithholds } from '../../dns/list-records.ts'
import { reverseName } from '../../dns/reverse-name.ts'
import { createGate } from '../../enforce/gate.ts'
import { ask, askSerial } from '../../kit/dns-client.ts'
import type { Endpoint } from '../../kit/scalars.ts'
import { exportZone } from './export-zone.ts'
import { decision, holding, oneEach } from './held.fixture.ts'
import { RECORDED } from './imported.fixture.ts'
import { ZONE_FORMATS, type ZoneFormat } from './zone-formats.ts'

const NOW = RECORDED
const ZONE = 'bl.riposte.test'

interface More {
  readonly spare?: readonly string[]
  readonly types?: readonly Remediation[]
  readonly zone?: string
  readonly before?: string
}

const written = async (decisions: readonly Decision[], format: ZoneFormat, more: More = {}) => {
  const { spare = [], types = REMEDIATIONS, before = '', zone = ZONE } = more
  const gate = createGate(spare.map((one) => parseCidr(one)!))
  const options = { types, format, before, zone, nameServer: 'ns.riposte.test', ttl: 60, negativeTtl: 5 }
  let text = ''
  const result = await exportZone(holding(decisions), gate, options, NOW, (piece) => {
    text += piece
  })
  return { text, result }
}

const ban = (value: string, more: Partial<Decision> = {}): Decision => ({
  id: derivedId('d', value),
  scope: 'Range',
  value,
  type: 'ban',
  origin: 'engine',
  scenario: 'sql-injection',
  attackClass: 'sqli',
  startsAt: NOW - HOUR,
  until: NOW + HOUR,
  reason: '',
  reasons: [],
  events: [],
  simulated: false,
  ...more,
})

/** `32.7.113.0.203` and `64.zz.2.1.db8.2001` back into networks. */
const networkOfRpz = (name: string): string => {
  const [bits, ...labels] = name.split('.')
  const backwards = labels.toReversed()
  if (labels.length === 4 && !labels.includes('zz') && Number(bits) <= 32 && labels.every((l) => /^\d{1,3}$/.test(l)))
    return parseCidr(`${backwards.join('.')}/${bits}`)!.text
  const gap = backwards.indexOf('zz')
  const address =
    gap < 0 ? backwards.join(':') : `${backwards.slice(0, gap).join(':')}::${backwards.slice(gap + 1).join(':')}`
  return parseCidr(`${address}/${bits}`)!.text
}

const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1]!)

/** What an independent reader takes from each format. Each line is of a form that it knows. */
const READERS: Readonly<Record<ZoneFormat, (text: string) => string[]>> = {
  text: (text) => matches(text, /^([0-9a-f.:/]+)\t127\.0\.0\.\d{1,2}\tR-[0-9A-F-]{14}$/gm),
  rbldnsd: (text) => matches(text, /^([0-9a-f.:/]+) :127\.0\.0\.\d{1,2}:R-[0-9A-F-]{14}$/gm),
  rpz: (text) => matches(text, /^([0-9a-z.]+)\.rpz-ip CNAME \.$/gm).map(networkOfRpz),
  bind: (text) => [
    ...new Set(matches(text, /^([0-9a-f.*]+) \d{1,2} IN TXT "R-[0-9A-F-]{14}"$/gm).map((name) => networkOfName(name)!)),
  ],
}

const OTHER_LINES: Readonly<Record<ZoneFormat, RegExp>> = {
  text: /^$/,
  rbldnsd:
    /^(?:#.*|\$SOA .*|\$NS .*|\$TTL 60|\$DATASET ip[46]trie:ip[46] @|(?:127\.0\.0\.2|::ffff:7f00:2) :127\.0\.0\.2:|)$/,
  rpz: /^(?:;.*|\$ORIGIN \S+|\$TTL 60|@ IN (?:SOA|NS) .*|)$/,
  bind: /^(?:;.*|\$ORIGIN \S+|\$TTL 60|@ IN (?:SOA|NS) .*|[0-9a-f.*]+ \d{1,2} IN A 127\.0\.0\.\d{1,2}|)$/,
}

const covers = (wide: Cidr, narrow: Cidr): boolean =>
  wide.address.kind() === narrow.address.kind() &&
  wide.bits <= narrow.bits &&
  narrow.address.match(wide.address, wide.bits)

test('a list for others holds exactly what is in force, and nothing that must be spared', async () => {
  const kept = { bind: 0, rbldnsd: 0, rpz: 0, text: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(decision, { maxLength: 12 }), async (all) => {
      const spare = ['192.0.2.0/24', '2001:db8::/32']
      const gate = createGate(spare.map((one) => parseCidr(one)!))
      const decisions = oneEach(all)
      const inForce = decisions.filter(
        (d) =>
          !d.simulated &&
          d.withdrawnAt === undefined &&
          d.startsAt <= NOW &&
          d.until > NOW &&
          specialNetwork(parseCidr(d.value)!) === undefined &&
          gate.refuses(parseCidr(d.value)!) === undefined,
      )
      for (const format of ZONE_FORMATS) {
        const expected = inForce.filter((d) => format !== 'bind' || zoneWithholds(d.value) === undefined)
        const { text, result } = await written(decisions, format, { spare })
        const values = READERS[format](text)
        assert.equal(result.written, expected.length, format)
        kept[format] += expected.length
        if (format === 'bind') {
          // A network may be several names, or none where narrower ones fill it.
          const listed = expected.map((d) => parseCidr(d.value)!)
          for (const value of values)
            assert.ok(
              listed.some((network) => covers(network, parseCidr(value)!)),
              `${value} is of no decision`,
            )
        } else assert.deepEqual(values.sort(), expected.map((d) => d.value).sort(), format)
        const strangers = text
          .split('\n')
          .filter((line) => !OTHER_LINES[format].test(line) && READERS[format](line).length === 0)
        assert.deepEqual(strangers, [], format)
      }
    }),
    { numRuns: 200 },
  )
  for (const format of ZONE_FORMATS)
    assert.ok(kept[format] > 100, `${format}: only ${kept[format]} entries were written`)
})

test('canaries and other remedies stay out; the serial follows the one of the file before', async () => {
  const all = [
    ban('203.0.113.7'),
    ban('192.0.2.9', { origin: 'canary' }),
    ban('203.0.113.8', { type: 'watch' }),
    ban('203.0.113.9', { type: 'throttle' }),
  ]
  assert.match((await written(all, 'text', { types: ['ban'] })).text, /^203\.0\.113\.7\t127\.0\.0\.3\tR-\S+\n$/)
  for (const [format, serial] of [
    ['bind', /SOA \S+ \S+ (\d+)/],
    ['rpz', /SOA \S+ \S+ (\d+)/],
    ['rbldnsd', /^\$SOA 60 \S+ \S+ (\d+)/m],
  ] as const) {
    const first = (await written(all, format)).text
    const second = (await written(all, format, { before: first.slice(0, 4096) })).text
    assert.equal(Number(serial.exec(second)![1]), Number(serial.exec(first)![1]) + 1, format)
  }
})

const LISTED = [ban('203.0.113.7', { attackClass: 'rce' }), ban('203.0.112.0/23'), ban('2001:db8:1:2::/64')]
const PROBES = ['203.0.113.7', '203.0.112.9', '203.0.114.1', '2001:db8:1:2::99', '2001:db8:1:3::1']
const EXPECTED = [LISTED[0], LISTED[1], undefined, LISTED[2], undefined].map((d) => (d ? referenceOf(d.id) : 'open'))

const texts = async (server: Endpoint): Promise<readonly string[]> => {
  const names = PROBES.map((ip) => `${reverseName(ip, parseCidr(ip)!.address.toByteArray())}.${ZONE}`)
  return (await ask(server, names, { type: 'TXT' })).map((told) => (told ? (told.texts[0] ?? 'open') : 'silent'))
}

test('BIND answers from the zone; its resolver keeps clients from what leads to a listed address', async (t) => {
  if (!(await ensurePackages([...NAMED_PACKAGES]))) return t.skip('BIND is not installed and cannot be')
  const port = await freePort()
  const zone = (await written(LISTED, 'bind')).text
  const policy = (await written(LISTED, 'rpz', { zone: 'rpz.riposte.test' })).text
  const site = `$TTL 60
@ SOA ns hostmaster 1 60 30 86400 5
@ NS ns
ns A 192.0.2.53
bad A 203.0.113.7
good A 203.0.114.1
`
  const named = await startNamed(
    port,
    ZONE,
    (dir) => {
      writeFileSync(join(dir, 'bl.db'), zone)
      writeFileSync(join(dir, 'rpz.db'), policy)
      writeFileSync(join(dir, 'site.db'), site)
      return `zone "${ZONE}" { type primary; file "bl.db"; };
zone "rpz.riposte.test" { type primary; file "rpz.db"; };
zone "site.test" { type primary; file "site.db"; };`
    },
    () => 'response-policy { zone "rpz.riposte.test"; } recursive-only no qname-wait-recurse no;',
  )
  t.after(() => named.stop())
  const server = { host: '127.0.0.1', port }
  assert.deepEqual(await texts(server), EXPECTED)
  const [bad, good] = await ask(server, ['bad.site.test', 'good.site.test'], { type: 'A' })
  assert.deepEqual([bad?.rcode, good?.rcode], ['NXDOMAIN', 'NOERROR'])
})

test('rbldnsd answers from the combined file', async (t) => {
  if (!(await ensurePackages([...RBLDNSD_PACKAGES]))) return t.skip('rbldnsd is not installed and cannot be')
  const dir = mkdtempSync(join(tmpdir(), 'riposte-combined-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  chmodSync(dir, 0o755)
  const file = join(dir, 'bl')
  writeFileSync(file, (await written(LISTED, 'rbldnsd')).text)
  const server = { host: '127.0.0.1', port: await freePort() }
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const running = await startServerProcess(
    '/usr/sbin/rbldnsd',
    ['-n', ...user, '-b', `127.0.0.1/${server.port}`, `${ZONE}:combined:${file}`],
    async () => (await askSerial(server, ZONE)) !== undefined,
  )
  t.after(() => running.stop())
  assert.deepEqual(await texts(server), EXPECTED)
  assert.ok(readFileSync(file, 'utf8').includes(`${await askSerial(server, ZONE)}`))
})
