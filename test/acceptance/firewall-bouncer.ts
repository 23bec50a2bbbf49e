/**
 * CrowdSec's own firewall bouncer, unmodified, against our endpoint: what it puts into its nftables set is read back.
 * Runs in a network namespace; ends with 0 when all of it held. The bouncer's folder is the first argument.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bin, DaemonProcess } from '../chaos/daemon-process.ts'
import { enterNamespace } from '../real/network-namespace.ts'
import { startServerProcess } from '../real/server-process.ts'

const PORT = 8080

const config = (dir: string, key: string): string => `
mode: nftables
pid_dir: ${dir}
update_frequency: 200ms
daemonize: false
log_mode: file
log_dir: ${dir}
log_level: info
api_url: http://127.0.0.1:${PORT}/
api_key: ${key}
deny_action: DROP
deny_log: false
supported_decisions_types: [ban]
blacklists_ipv4: crowdsec-blacklists
blacklists_ipv6: crowdsec6-blacklists
nftables:
  ipv4: { enabled: true, set-only: false, table: crowdsec, chain: crowdsec-chain }
  ipv6: { enabled: true, set-only: false, table: crowdsec6, chain: crowdsec6-chain }
prometheus: { enabled: false }
`

interface Listing {
  readonly nftables: readonly {
    set?: { flags?: readonly string[]; elem?: readonly (string | { elem: { val: string; timeout?: number } })[] }
  }[]
}

const V4 = ['ip', 'crowdsec', 'crowdsec-blacklists'] as const
const V6 = ['ip6', 'crowdsec6', 'crowdsec6-blacklists'] as const

const listing = (set: typeof V4 | typeof V6): Listing['nftables'] =>
  (JSON.parse(execFileSync('nft', ['-j', 'list', 'set', ...set], { encoding: 'utf8' })) as Listing).nftables

/** Address → seconds for which the kernel blocks it; undefined seconds would be for ever. */
const blocked = (set: typeof V4 | typeof V6 = V4): Map<string, number | undefined> => {
  const elements = listing(set).flatMap((item) => item.set?.elem ?? [])
  return new Map(
    elements.map((element) =>
      typeof element === 'string' ? [element, undefined] : [element.elem.val, element.elem.timeout],
    ),
  )
}

const until = async (what: string, check: () => boolean): Promise<void> => {
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(50)) if (check()) return
  assert.fail(`did not happen: ${what}`)
}

const main = async (folder: string): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-bouncer-'))
  const undo: (() => Promise<unknown> | unknown)[] = [() => rmSync(dir, { recursive: true, force: true })]
  try {
    const daemon = new DaemonProcess(
      dir,
      'riposte',
      (database) => `
state: ${database}
sensors: [{ id: site, sources: [{ file: ${join(dir, 'audit.log')} }] }]
decide: { allowlist: [198.51.100.99] }
http: { listen: ['127.0.0.1:${PORT}'] }
`,
    )
    await daemon.start()
    undo.push(() => daemon.end('SIGKILL'))
    const riposte = (...args: string[]) =>
      spawnSync(process.execPath, [bin, ...args, '--state', daemon.database], {
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1' },
      })
    const ban = (value: string, time: string) => riposte('decisions', 'add', value, '-d', time, '-r', 'test')
    const key = riposte('bouncers', 'add', 'firewall').stdout.trim()
    assert.equal(ban('203.0.113.1', '1h').status, 0)
    assert.equal(ban('203.0.113.64/28', '1h').status, 0)
    assert.equal(ban('203.0.114.0/24', '1h').status, 0)
    assert.equal(ban('2001:db8:1:2::/64', '1h').status, 0)
    assert.equal(ban('2001:db8::e/127', '1h').status, 0)

    writeFileSync(join(dir, 'bouncer.yaml'), config(dir, key))
    const bouncer = await startServerProcess(
      join(folder, 'usr/bin/crowdsec-firewall-bouncer'),
      ['-c', join(dir, 'bouncer.yaml')],
      async () => spawnSync('nft', ['list', 'table', 'ip', 'crowdsec']).status === 0,
    )
    undo.push(() => bouncer.stop())

    await until('the first set', () => blocked().has('203.0.113.1'))
    const first = blocked()
    assert.ok(first.get('203.0.113.1')! <= 3600)
    assert.equal(
      [...first.keys()].filter((ip) => ip.startsWith('203.0.113.')).length,
      17,
      'the /28 as its 16 addresses',
    )
    assert.ok(![...first.keys()].some((ip) => ip.startsWith('203.0.114.')), 'a /24 would block one address of it only')
    await until('IPv6', () => blocked(V6).size > 0)
    assert.deepEqual(
      [...blocked(V6).keys()].sort(),
      ['2001:db8::e', '2001:db8::f'],
      'no /64: it would block one address',
    )
    for (const set of [V4, V6])
      assert.deepEqual(
        listing(set).flatMap((item) => item.set?.flags ?? []),
        ['timeout'],
        'sets without intervals hold no network; when that changes, networks need not be withheld any more',
      )
    const list = (): string => riposte('bouncers', 'list').stdout
    await until('the withheld are counted', () => /firewall\s.*\s2\s+-\s*\n/.test(list()))
    assert.match(list(), /withheld: networks, for a client that blocks single addresses only/)
    assert.equal(ban('2001:db8:9::/64', '1h').status, 0)
    await until('said of the decision', () =>
      riposte('decisions', 'show', '2001:db8:9::/64').stdout.includes('withheld: it blocks single addresses only'),
    )
    console.log('the whole set; small networks as addresses, others withheld, and told of')

    assert.equal(ban('203.0.113.2', '10m').status, 0)
    await until('a new ban', () => blocked().has('203.0.113.2'))
    assert.equal(ban('203.0.113.2', '5h').status, 0)
    await until('the longer ban', () => (blocked().get('203.0.113.2') ?? 0) > 4 * 3600)
    console.log('a new ban; its extension renews the timeout')

    assert.equal(riposte('decisions', 'remove', '203.0.113.2').status, 0)
    await until('unbanned', () => !blocked().has('203.0.113.2'))
    console.log('lifted')

    await daemon.end('SIGKILL')
    assert.equal(riposte('decisions', 'remove', '203.0.113.1').status, 0)
    assert.equal(ban('203.0.113.3', '1h').status, 0)
    await sleep(1000)
    assert.ok(blocked().has('203.0.113.1'), 'the kernel goes on while nobody answers')
    await daemon.start()
    await until('what was missed', () => blocked().has('203.0.113.3') && !blocked().has('203.0.113.1'))
    console.log('killed and restarted in between: nothing missed')

    for (const value of ['10.0.0.7', '127.0.0.9', '198.51.100.99']) assert.notEqual(ban(value, '1h').status, 0)
    await sleep(600)
    const last = blocked()
    for (const value of ['10.0.0.7', '127.0.0.9', '198.51.100.99']) assert.ok(!last.has(value))
    assert.ok(
      [...last.values()].every((seconds) => seconds !== undefined && seconds > 0),
      'nothing is blocked for ever',
    )
    const page = JSON.parse(riposte('decisions', 'show', '203.0.113.3', '--json').stdout) as {
      proofs: { point: string; verifiedAt?: string }[]
    }
    assert.ok(
      page.proofs.some((proof) => proof.point === 'bouncer:firewall' && proof.verifiedAt),
      'proved by its next request',
    )
    const [row] = JSON.parse(riposte('bouncers', 'list', '--json').stdout) as { type: string }[]
    assert.equal(row!.type, 'crowdsec-firewall-bouncer')
    console.log('special and allowlisted addresses never; proved')
  } finally {
    for (const end of undo.reverse()) await end()
  }
}

const code = enterNamespace()
if (code !== undefined) process.exit(code)
await main(process.argv[2]!)
process.exit(0)
