/**
 * Every point at once under random sequences of ban, extension, lift, allowlisting, expiry and restart, while their
 * servers are killed, flushed, stopped and edited: whenever things come to rest each point denies exactly whom a model
 * says, and at no moment anybody who is private, our own or allowlisted. Runs in a network namespace.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyHash } from '../../src/api/lapi/bouncer-book.ts'
import { loadConfig } from '../../src/app/config/load.ts'
import { type Enforcing, openEnforcement } from '../../src/app/enforcement.ts'
import type { AllowEntry } from '../../src/core/act.ts'
import { createCidrSet } from '../../src/core/cidr-set.ts'
import type { Decision } from '../../src/core/decision.ts'
import { parseDuration } from '../../src/core/duration.ts'
import { parseCidr } from '../../src/core/ip.ts'
import { SECOND } from '../../src/core/time.ts'
import { reverseName } from '../../src/dns/reverse-name.ts'
import { decision } from '../../src/enforce/decision.fixture.ts'
import { ask } from '../../src/kit/dns-client.ts'
import { emptyCommit } from '../../src/kit/store.ts'
import { openStore } from '../../src/store/open.ts'
import { type DenyingServers, startDenyingServers } from '../real/denying-servers.ts'
import { type ListingServer, startListingServers } from '../real/listing-servers.ts'
import { freePort } from '../real/loopback.ts'
import { enterNamespace } from '../real/network-namespace.ts'
import { seeded } from '../real/seeded.ts'
import { visit } from '../real/visit.ts'

const SEED = Number(process.env['RIPOSTE_SEED'] ?? 20_261_126)
const ROUNDS = Number(process.env['RIPOSTE_ROUNDS'] ?? 8)
const OFTEN = { auditEvery: 3 * SECOND }
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** What is decided on: hosts, networks, some within others, and what must never be restrained. */
const SUBJECTS = [
  ...['203.0.113.7', '203.0.113.8', '203.0.113.16/28', '203.0.113.20', '198.51.100.0/24', '198.51.100.9'],
  ...['198.51.0.0/16', '2001:db8:1:2::/64', '2001:db8:1:2::9', '2001:db8:7::1'],
  ...['10.0.0.9', '192.168.0.0/24', '127.0.0.1', 'fe80::/64', '203.0.113.201', '203.0.113.128/25'],
]
/** Our own by configuration. */
const OWN = '203.0.113.200/30'
const ALLOWABLE = ['203.0.113.7', '203.0.113.20', '198.51.100.128/25', '2001:db8:1:2::9']
const ASKED = [
  ...['203.0.113.6', '203.0.113.7', '203.0.113.8', '203.0.113.15', '203.0.113.16', '203.0.113.20', '203.0.113.31'],
  ...['203.0.113.32', '198.51.100.0', '198.51.100.9', '198.51.100.200', '198.51.99.255', '198.51.101.1'],
  ...['2001:db8:1:2::1', '2001:db8:1:2::9', '2001:db8:1:3::1', '2001:db8:7::1', '203.0.113.130', '203.0.113.201'],
  ...['10.0.0.9', '192.168.0.7', '127.0.0.1', 'fe80::1'],
]
const NEVER = createCidrSet(['10.0.0.0/8', '192.168.0.0/16', '127.0.0.0/8', 'fe80::/10', OWN].map((n) => parseCidr(n)!))

/** Who says whether each of the asked addresses is denied. */
interface Outlook {
  readonly name: string
  denied(): Promise<readonly boolean[]>
}

const covers = (values: readonly string[]) => {
  const set = createCidrSet(values.map((value) => parseCidr(value)!))
  return ASKED.map((address) => set.touching(parseCidr(address)!) !== undefined)
}

const byDns = (name: string, port: number, zone: string): Outlook => ({
  name,
  async denied() {
    const names = ASKED.map((address) => `${reverseName(address, parseCidr(address)!.address.toByteArray())}.${zone}`)
    const told = await ask({ host: '127.0.0.1', port }, names)
    return told.map((answer) => {
      assert.ok(answer, `${name} does not answer`)
      return answer.codes.length > 0
    })
  },
})

const byVisit = (name: string, place: { readonly host: string; readonly port: number }): Outlook => ({
  name,
  denied: () => Promise.all(ASKED.map(async (address) => (await visit(place, address)).status === 403)),
})

const nftSets: Outlook = {
  name: 'nftables',
  async denied() {
    const told = spawnSync('nft', ['-j', 'list', 'ruleset'], { encoding: 'utf8' })
    type Element =
      | string
      | { prefix?: { addr: string; len: number }; elem?: { val: Element }; range?: [string, string] }
    const text = (element: Element): string => {
      if (typeof element === 'string') return element
      if (element.elem) return text(element.elem.val)
      assert.ok(element.prefix, JSON.stringify(element))
      return `${element.prefix.addr}/${element.prefix.len}`
    }
    const { nftables } = JSON.parse(told.stdout) as { nftables: { set?: { name: string; elem?: Element[] } }[] }
    const sets = nftables.flatMap(({ set }) => (set && !set.name.startsWith('allow') ? [set] : []))
    return covers(sets.flatMap((set) => (set.elem ?? []).map(text)))
  },
}

const byGate = (port: number): Outlook => ({
  name: 'gate',
  denied: () =>
    Promise.all(
      ASKED.map(async (address) => {
        const url = `http://127.0.0.1:${port}/gate`
        return (await fetch(url, { headers: { 'x-riposte-client': address } })).status === 403
      }),
    ),
})

/** A bouncer that keeps what it was given for as long as it was told, as remediation components do. */
const bouncer = (port: number, key: string): Outlook => {
  const set = new Map<string, number>()
  let startup = true
  return {
    name: 'bouncer',
    async denied() {
      const url = `http://127.0.0.1:${port}/v1/decisions/stream?startup=${startup}`
      const answer = await fetch(url, { headers: { 'x-api-key': key, 'user-agent': 'model/1' } })
      assert.equal(answer.status, 200)
      const news = (await answer.json()) as Record<'new' | 'deleted', { value: string; duration: string }[] | null>
      if (startup) set.clear()
      startup = false
      for (const { value } of news.deleted ?? []) set.delete(value)
      for (const { value, duration } of news.new ?? []) set.set(value, Date.now() + parseDuration(duration))
      for (const [value, until] of set) if (until <= Date.now()) set.delete(value)
      return covers([...set.keys()])
    },
  }
}

const main = async (): Promise<void> => {
  const random = seeded(SEED)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  const dir = mkdtempSync(join(tmpdir(), 'riposte-every-'))
  const undo: (() => Promise<unknown> | unknown)[] = [() => rmSync(dir, { recursive: true, force: true })]
  try {
    const servers: DenyingServers = await startDenyingServers()
    undo.push(() => servers.stop())
    const lists = await startListingServers()
    undo.push(() => lists.stop())
    const listing = Object.entries(lists.servers)
    const [dns, http] = [await freePort(), await freePort()]
    const { points } = servers
    const text = `
state: ${join(dir, 'riposte.db')}
decide: { own: ['${OWN}'] }
enforce:
  - rbl: { listen: ['127.0.0.1:${dns}'], zones: { ban: bl.example.net } }
  - nftables: { socket: ${join(dir, 'nft.sock')}, spawn: true }
  - nginx: ${JSON.stringify(points.nginx)}
  - apache: ${JSON.stringify(points.apache)}
  - haproxy: ${JSON.stringify(points.haproxy)}
${listing.map(([name, { point }]) => `  - ${JSON.stringify({ name, ...point })}`).join('\n')}
http: { listen: ['127.0.0.1:${http}'] }
`
    const config = loadConfig(text, join(dir, 'riposte.yaml'), {})
    const store = await openStore(config.state.reveal())
    undo.push(() => store.close())
    await store.putBouncers([{ name: 'edge', keyHash: keyHash('key'), addedAt: Date.now() }])
    let enforcing: Enforcing = await openEnforcement(config, store, [], SILENT, OFTEN)
    undo.push(() => enforcing.close())
    const outlooks: readonly Outlook[] = [
      byDns('rbl', dns, 'bl.example.net'),
      ...listing.map(([name, { port }]) => byDns(name, port, lists.zone)),
      nftSets,
      byVisit('nginx', servers.nginx),
      byVisit('apache', servers.apache),
      byVisit('haproxy', servers.haproxy),
      byGate(http),
      bouncer(http, 'key'),
    ]

    /** The model. */
    const held = new Map<string, Decision>()
    const allowed = new Map<string, AllowEntry>()
    const wanted = (now: number): readonly boolean[] => {
      const spared = createCidrSet([...allowed.keys()].map((value) => parseCidr(value)!))
      const values = [...held.values()]
        .filter(({ value, until }) => {
          const cidr = parseCidr(value)!
          return until > now && NEVER.touching(cidr) === undefined && spared.touching(cidr) === undefined
        })
        .map(({ value }) => value)
      return covers(values)
    }
    const commit = async (more: {
      decisions?: Decision[]
      allowlist?: { value: string; entry: AllowEntry | null }[]
    }) => {
      const at = Date.now()
      const whole = { ...emptyCommit(at), ...more, logTime: at }
      await store.commit(whole)
      enforcing.committed(whole)
    }
    const liftTouching = (value: string): Decision[] => {
      const now = Date.now()
      const around = createCidrSet([parseCidr(value)!])
      const lifted = [...held.values()].filter((one) => around.touching(parseCidr(one.value)!))
      for (const one of lifted) held.delete(one.value)
      return lifted.filter(({ until }) => until > now).map((one) => ({ ...one, withdrawnAt: now, withdrawnBy: 'test' }))
    }
    const acts: Readonly<Record<string, () => Promise<void> | void>> = {
      async ban() {
        const [value, now] = [pick(SUBJECTS), Date.now()]
        const until = now + pick([1500, 4000, 60_000, 600_000])
        const known = held.get(value)
        const one =
          known && known.until > now
            ? { ...known, until: Math.max(known.until, until) }
            : decision(value, { startsAt: now, until })
        held.set(value, one)
        await commit({ decisions: [one] })
      },
      async lift() {
        const one = held.get(pick(SUBJECTS))
        if (!one) return
        held.delete(one.value)
        if (one.until > Date.now())
          await commit({ decisions: [{ ...one, withdrawnAt: Date.now(), withdrawnBy: 'test' }] })
      },
      async allow() {
        const value = pick(ALLOWABLE)
        const kind = value.includes('/') ? ('range' as const) : ('ip' as const)
        const entry = { value, kind, reason: 'test', addedAt: Date.now(), addedBy: 'test' }
        allowed.set(value, entry)
        // What the deciding room would do: a decision that touches the entry is withdrawn.
        await commit({ decisions: liftTouching(value), allowlist: [{ value, entry }] })
      },
      async disallow() {
        const value = pick(ALLOWABLE)
        if (!allowed.delete(value)) return
        // No room decides on an allowlisted address; this test does, and takes it back before the points could go on with it.
        await commit({ decisions: liftTouching(value), allowlist: [{ value, entry: null }] })
      },
      wait: () => sleep(300 + random() * 1200),
      async restart() {
        await enforcing.close()
        enforcing = await openEnforcement(config, store, [...allowed.values()], SILENT, OFTEN)
      },
    }
    /** What others do to the points meanwhile. */
    const befalls = (name: string, server: ListingServer): typeof acts => ({
      async [`${name} killed and started`]() {
        await server.crash()
        await acts['ban']!()
        await server.restart()
      },
      // For as long as its answers are waited for, or not so long.
      async [`${name} stopped for a while`]() {
        server.signal('SIGSTOP')
        await acts['ban']!()
        await acts['lift']!()
        await sleep(random() * 2500)
        server.signal('SIGCONT')
      },
      // With nothing on its way that would mend it by chance, and until the running server shows it.
      async [`${name} edited`]() {
        await atRest([`before ${name} was edited`])
        server.edit(pick(['203.0.113.7', '203.0.113.8', '203.0.113.20']), '203.0.113.6')
        for (let i = 0; i < 20; i++, await sleep(50)) {
          const [told] = await ask({ host: '127.0.0.1', port: server.port }, [`6.113.0.203.${lists.zone}`])
          if (told?.rcode === 'NOERROR') break
        }
      },
    })
    const mischief: typeof acts = {
      ...Object.assign({}, ...listing.map((one) => befalls(...one))),
      'nft flush ruleset': () => void execFileSync('nft', ['flush', 'ruleset']),
      'nginx list emptied': () => writeFileSync(servers.banned, ''),
      'apache map emptied': () => writeFileSync(servers.map, ''),
      async 'haproxy killed and started'() {
        await servers.haproxy.down()
        await acts['ban']!()
        await servers.haproxy.up()
      },
      async 'nginx stopped for a while'() {
        const pids = servers.nginx.pids()
        for (const pid of pids) process.kill(pid, 'SIGSTOP')
        await acts['ban']!()
        await sleep(500)
        for (const pid of pids) process.kill(pid, 'SIGCONT')
      },
    }

    const atRest = async (done: readonly string[]): Promise<void> => {
      for (const outlook of outlooks) {
        let last = ''
        for (const end = Date.now() + 30_000; ; await sleep(100)) {
          const before = wanted(Date.now())
          const denied = await outlook.denied()
          const after = wanted(Date.now())
          for (const [i, address] of ASKED.entries())
            assert.ok(!(denied[i] && NEVER.touching(parseCidr(address)!)), `${outlook.name} denies ${address}`)
          const wrong = ASKED.filter((_, i) => denied[i] !== before[i] && denied[i] !== after[i])
          if (wrong.length === 0) break
          last = wrong.map((address) => `${address} ${denied[ASKED.indexOf(address)] ? 'denied' : 'passes'}`).join(', ')
          assert.ok(Date.now() < end, `${outlook.name}: ${last} after ${done.join(', ')}`)
        }
      }
    }

    const weighted = ['ban', 'ban', 'ban', 'ban', 'lift', 'lift', 'allow', 'disallow', 'wait', 'restart']
    for (let round = 0; round < ROUNDS; round++) {
      const done: string[] = []
      for (let i = 0; i < 6; i++) {
        const name = pick(weighted)
        done.push(name)
        await acts[name]!()
      }
      while (random() < 0.6) {
        const name = pick(Object.keys(mischief))
        done.push(name)
        await mischief[name]!()
      }
      const begun = Date.now()
      await atRest(done)
      const count = wanted(Date.now()).filter(Boolean).length
      console.log(
        `round ${round}: ${done.join(', ')} → all points agree after ${Date.now() - begun} ms, ${count} denied`,
      )
    }
    for (const value of held.keys()) {
      const one = held.get(value)!
      if (one.until > Date.now())
        await commit({ decisions: [{ ...one, withdrawnAt: Date.now(), withdrawnBy: 'test' }] })
    }
    held.clear()
    await atRest(['everything lifted'])
    console.log('everything lifted: nobody is denied anywhere')
  } finally {
    for (const end of undo.reverse()) await end()
  }
}

const code = enterNamespace()
if (code !== undefined) process.exit(code)
await main()
process.exit(0)
