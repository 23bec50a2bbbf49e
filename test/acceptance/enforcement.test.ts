/** From an attack line to every point that needs no other server: the list by DNS, the bouncers' endpoint; and back. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { auditLine } from '../../scripts/bench/audit-line.ts'
import { ask, type Told } from '../../src/kit/dns-client.ts'
import { bin, DaemonProcess } from '../chaos/daemon-process.ts'
import { freePort } from '../real/loopback.ts'

const riposte = (...args: string[]) => {
  const run = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
  return { status: run.status, out: run.stdout, err: run.stderr, json: () => JSON.parse(run.stdout) }
}

const place = async (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-enforce-'))
  const log = join(dir, 'audit.log')
  writeFileSync(log, '')
  const [dns, http] = [await freePort(), await freePort()]
  const daemon = new DaemonProcess(
    dir,
    'one',
    (database) => `
state: ${database}
sensors: [{ id: site, sources: [{ file: ${log} }] }]
decide: { allowlist: [198.51.100.99], budget: { shareOfClients: 1 } }
enforce:
  - rbl: { listen: ['127.0.0.1:${dns}'], zones: { ban: bl.example.net } }
http: { listen: ['127.0.0.1:${http}'] }
`,
  )
  t.after(async () => {
    await daemon.end('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  })
  await daemon.start()
  const state = ['--state', daemon.database]
  const key = riposte('bouncers', 'add', 'edge', ...state).out.trim()
  const headers = { 'x-api-key': key, 'user-agent': 'test/1' }
  return {
    daemon,
    state,
    attack: (ip: string) => appendFileSync(log, auditLine(ip, [944150])),
    listed: async (name: string): Promise<Told | undefined> =>
      (await ask({ host: '127.0.0.1', port: dns }, [`${name}.bl.example.net`]))[0],
    pull: async (query = '') => {
      const answer = await fetch(`http://127.0.0.1:${http}/v1/decisions/stream${query}`, { headers })
      assert.equal(answer.status, 200)
      return (await answer.json()) as Record<'new' | 'deleted', { value: string; duration: string }[] | null>
    },
    headers,
    http,
  }
}

const eventually = async (what: string, check: () => Promise<boolean> | boolean, seconds = 15): Promise<void> => {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(50)) if (await check()) return
  assert.fail(`not within ${seconds} s: ${what}`)
}

const values = (list: { value: string }[] | null): string[] => (list ?? []).map((d) => d.value)

interface Page {
  readonly proofs: readonly { point: string; act: string; appliedAt?: string; verifiedAt?: string }[]
  readonly decision: { id: string; value: string }
}

test('an attack line is listed by DNS and delivered to a bouncer, each step proved; lifting it takes it back', async (t) => {
  const { attack, listed, pull, state } = await place(t)
  assert.deepEqual(await pull('?startup=true'), { new: null, deleted: null })
  attack('198.51.100.7')
  await eventually('listed', async () => (await listed('7.100.51.198'))?.codes.length === 1)
  const delivered = await pull()
  assert.deepEqual(values(delivered.new), ['198.51.100.7'])
  assert.match(delivered.new![0]!.duration, /^(?:4h0m0s|3h59m\d+s)$/)
  // This client changes between connections, so that an answer counts as received with the second request after it.
  await pull()
  await pull()

  const page = (): Page => riposte('decisions', 'show', '198.51.100.7', ...state, '--json').json() as Page
  const proved = (act: string) =>
    page()
      .proofs.filter((proof) => proof.act === act && proof.verifiedAt)
      .map((proof) => proof.point)
      .sort()
  await eventually('both points proved', () => proved('block').join() === 'bouncer:edge,rbl')
  const screen = riposte('decisions', 'show', '198.51.100.7', ...state).out
  assert.match(screen, /Enforcement/)
  assert.match(screen, /rbl .*\+\d+ ms +\+\d+/)
  const reference = (await listed('7.100.51.198'))!.texts[0]!
  assert.equal((riposte('why', reference, ...state, '--json').json() as Page).decision.id, page().decision.id)

  assert.equal(riposte('decisions', 'remove', '198.51.100.7', ...state).status, 0)
  await eventually('not listed', async () => (await listed('7.100.51.198'))?.rcode === 'NXDOMAIN')
  assert.deepEqual(values((await pull()).deleted), ['198.51.100.7'])
  await eventually('the end proved, too', () => proved('unblock').includes('rbl'))
})

test('kill -9, and what was in force is in force again; who was away gets what was missed', async (t) => {
  const { attack, listed, pull, daemon, state } = await place(t)
  attack('198.51.100.7')
  attack('198.51.100.8')
  await eventually('listed', async () => (await listed('8.100.51.198'))?.codes.length === 1)
  assert.deepEqual(values((await pull('?startup=true')).new).sort(), ['198.51.100.7', '198.51.100.8'])
  await pull()
  await eventually('delivery written down', () => {
    const [bouncer] = riposte('bouncers', 'list', ...state, '--json').json() as [{ pulledAt: string | null }]
    return bouncer.pulledAt !== null
  })
  await sleep(1500)
  await daemon.end('SIGKILL')
  assert.equal(riposte('decisions', 'remove', '198.51.100.8', ...state).status, 0, 'without a daemon')
  await daemon.start()
  await eventually('listed again', async () => (await listed('7.100.51.198'))?.codes.length === 1)
  assert.equal((await listed('8.100.51.198'))?.rcode, 'NXDOMAIN')
  const missed = await pull()
  assert.deepEqual(values(missed.deleted), ['198.51.100.8'], 'it never asks for the whole set again')
  attack('198.51.100.9')
  await eventually('the next one', async () => values((await pull()).new).includes('198.51.100.9'))
})

test('allowlisted and private addresses are neither listed nor delivered; strangers get nothing', async (t) => {
  const { attack, listed, pull, headers, http } = await place(t)
  for (const ip of ['198.51.100.99', '10.1.2.3', '127.0.0.5', '192.168.7.7', '198.51.100.7']) attack(ip)
  await eventually('the attacker', async () => (await listed('7.100.51.198'))?.codes.length === 1)
  for (const name of ['99.100.51.198', '3.2.1.10', '5.0.0.127', '7.7.168.192'])
    assert.equal((await listed(name))?.rcode, 'NXDOMAIN', name)
  assert.deepEqual(values((await pull('?startup=true')).new), ['198.51.100.7'])
  const ask = async (url: string, more: Record<string, string> = headers) => {
    const answer = await fetch(`http://127.0.0.1:${http}${url}`, { headers: more })
    return [answer.status, await answer.text()]
  }
  assert.deepEqual(await ask('/v1/decisions?ip=203.0.113.1'), [200, 'null'])
  assert.deepEqual(await ask('/v1/decisions/stream', { 'x-api-key': 'no' }), [403, '{"message":"access forbidden"}'])
  assert.deepEqual(await ask('/v1/decisions', {}), [403, '{"message":"access forbidden"}'])
  assert.equal((await ask('/v1/alerts'))[0], 404)
  assert.deepEqual(await ask('/health', {}), [200, '{"status":"up"}'])
})
