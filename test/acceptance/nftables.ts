/**
 * Real packets against real nftables: bans cut off, also what is connected already; everybody else goes on. Runs in a
 * network namespace; ends with 0 when all of it held.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSets } from '../../src/connectors/nftables/index.ts'
import { settings } from '../../src/connectors/nftables/settings.ts'
import { parseCidr } from '../../src/core/ip.ts'
import { decision } from '../../src/enforce/decision.fixture.ts'
import type { Call, Change, Entry } from '../../src/kit/sink.ts'
import { root } from '../chaos/daemon-process.ts'
import { accepts } from '../real/loopback.ts'
import { enterNamespace } from '../real/network-namespace.ts'
import { type ServerProcess, startServerProcess } from '../real/server-process.ts'

const V4 = '192.0.2.80'
const V6 = '2001:db8::80'
const PORT = 8080
const call: Call = {
  key: 'test',
  signal: new AbortController().signal,
  log: { debug() {}, info() {}, warn() {}, error() {} },
}

const entry = (value: string, lasts = 3600): Entry => {
  const d = decision(value)
  return { ...d, attackClass: 'sqli', startsAt: Date.now(), until: Date.now() + lasts * 1000, since: 1, version: 1 }
}
const snapshot = (entries: readonly Entry[], allow: readonly string[] = []): Change => ({
  kind: 'snapshot',
  entries: Object.assign([...entries], { count: entries.length }),
  allow: allow.map((text) => parseCidr(text)!),
})

const dial = (from: string): Promise<Socket | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: from.includes(':') ? V6 : V4, port: PORT, localAddress: from })
    const timer = setTimeout(() => {
      socket.destroy()
      resolve(undefined)
    }, 400)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      // An address that is not ours proves nothing.
      if (error.code === 'EADDRNOTAVAIL') reject(error)
      else resolve(undefined)
    })
  })
const passes = async (from: string): Promise<boolean> => {
  const socket = await dial(from)
  socket?.destroy()
  return socket !== undefined
}
const echoes = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 400)
    socket.once('data', () => {
      clearTimeout(timer)
      resolve(true)
    })
    socket.write('x')
  })

const main = async (): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-nft-'))
  const undo: (() => Promise<unknown> | unknown)[] = [() => rmSync(dir, { recursive: true, force: true })]
  try {
    const servers = [V4, V6].map((host) =>
      createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(PORT, host),
    )
    for (const server of servers) undo.push(() => server.close())
    const socket = join(dir, 'nft.sock')
    const startKeeper = (): Promise<ServerProcess> =>
      startServerProcess(
        process.execPath,
        [join(root, 'src/connectors/nftables/keeper-main.ts'), '--socket', socket],
        async () => {
          const probe = connect(socket)
          const there = await new Promise<boolean>((resolve) =>
            probe.once('connect', () => resolve(true)).once('error', () => resolve(false)),
          )
          probe.destroy()
          return there
        },
      )
    let keeper = await startKeeper()
    undo.push(() => keeper.stop())
    const doubts: string[] = []
    const sets = openSets(settings.parse({ socket }), Date.now, (why) => doubts.push(why))
    undo.push(() => sets.close())

    const attacker = '203.0.113.66'
    const innocent = '198.51.100.20'
    await sets.sync(snapshot([]), call)
    assert.ok((await passes(attacker)) && (await passes(innocent)) && (await passes('2001:db8:1:2::9')))
    const connected = (await dial(attacker))!
    assert.ok(await echoes(connected))

    const bans = [entry(attacker), entry('203.0.113.128/26'), entry('2001:db8:1:2::/64')]
    await sets.sync({ kind: 'delta', added: bans, removed: [] }, call)
    assert.deepEqual(await sets.verify(bans, call), ['enforced', 'enforced', 'enforced'])
    assert.equal(await echoes(connected), false, 'what was connected is cut off, too')
    connected.destroy()
    for (const ip of [attacker, '203.0.113.130', '2001:db8:1:2::9']) assert.equal(await passes(ip), false, ip)
    for (const ip of [innocent, '203.0.113.67', '2001:db8:1:3::9']) assert.equal(await passes(ip), true, ip)
    const { packets } = (await sets.report!(call)) as { packets: number }
    assert.ok(packets > 0, 'what was dropped is counted')
    console.log(`attackers cut off, ${packets} packets dropped; innocents pass`)

    await sets.sync({ kind: 'delta', added: [], removed: [bans[0]!, entry('203.0.113.250')] }, call)
    assert.deepEqual(await sets.verify([bans[0]!], call), ['absent'])
    assert.ok(await passes(attacker))
    const brief = entry(attacker, 2)
    await sets.sync({ kind: 'delta', added: [brief], removed: [] }, call)
    assert.equal(await passes(attacker), false)
    await sets.sync({ kind: 'delta', added: [{ ...brief, until: Date.now() + 4000 }], removed: [] }, call)
    await sleep(2500)
    assert.equal(await passes(attacker), false, 'the extension counts')
    await sleep(2500)
    assert.ok(await passes(attacker), 'the kernel unbans by itself')
    console.log('lifted, extended, expired by the kernel')

    await sets.sync(snapshot([...bans, entry('198.51.100.0/24')], [innocent]), call)
    assert.ok(await passes(innocent), 'an allowlisted address passes, whatever is banned around it')
    assert.equal(await passes('198.51.100.21'), true, 'a network with an allowlisted address is not banned at all')
    const wide = entry('203.0.113.128/25')
    await sets.sync({ kind: 'delta', added: [wide], removed: [] }, call)
    assert.equal(await passes('203.0.113.200'), false)
    assert.deepEqual(await sets.held!(call), new Set([...bans.map((b) => b.value), wide.value]))
    await sets.sync({ kind: 'delta', added: [], removed: [wide] }, call)
    assert.equal(await passes('203.0.113.130'), false, 'the narrower ban is in force again')
    assert.equal(await passes('203.0.113.200'), true)
    console.log('allowlist first; nested ranges')

    keeper.signal('SIGKILL')
    await sleep(200)
    assert.equal(await passes(attacker), false, 'the kernel goes on without the keeper')
    await assert.rejects(sets.verify(bans, call), { code: 'NFT_KEEPER_DOWN' })
    assert.ok(doubts.length > 0)
    keeper = await startKeeper()
    assert.equal(await passes(attacker), false, 'nor does its start leave a gap')
    await sets.sync(snapshot(bans), call)
    execFileSync('nft', ['flush', 'ruleset'])
    assert.equal(await passes(attacker), true)
    await assert.rejects(async () => sets.held!(call))
    assert.equal(doubts.pop(), 'its sets cannot be read', 'the hub is asked for the whole set')
    await sets.sync(snapshot(bans), call)
    assert.equal(await passes(attacker), false, 'flushed by somebody: laid anew')
    console.log('keeper killed, ruleset flushed: in force again')

    const before = execFileSync('nft', ['-j', 'list', 'ruleset'], { encoding: 'utf8' })
    const hostile = [
      'x',
      '{}',
      '{"id":1,"op":"change","add":[{"value":"10.0.0.1","seconds":60}],"remove":[]}',
      '{"id":1,"op":"change","add":[{"value":"0.0.0.0/0","seconds":60}],"remove":[]}',
      '{"id":1,"op":"change","add":[{"value":"203.0.113.9","seconds":0}],"remove":[]}',
      '{"id":1,"op":"change","add":[{"value":"203.0.113.9","seconds":1e99}],"remove":[]}',
      '{"id":1,"op":"change","add":[{"value":"203.0.113.9; flush ruleset","seconds":60}],"remove":[]}',
      '{"id":1,"op":"change","add":[{"value":"-f","seconds":60}],"remove":["--help"]}',
      '{"id":1,"op":"change","add":[{"value":"２03.0.113.9","seconds":60}],"remove":[]}',
      '{"id":1,"op":"allow","networks":["} }; flush ruleset"]}',
      `{"id":1,"op":"has","values":["${'9'.repeat(100_000)}"]}`,
      'y'.repeat(2_000_000),
    ]
    for (const line of hostile) {
      const probe = connect(socket)
      const answer = await new Promise<string>((resolve) => {
        probe
          .once('data', (data) => resolve(String(data)))
          .once('close', () => resolve(''))
          .once('error', () => resolve(''))
        probe.write(`${line}\n`)
      })
      probe.destroy()
      assert.ok(answer === '' || answer.includes('"ok":false'), `${line.slice(0, 80)}: ${answer.slice(0, 80)}`)
    }
    const strip = (text: string) => text.replace(/"(?:expires|packets|bytes)": ?\d+/g, '')
    assert.equal(strip(execFileSync('nft', ['-j', 'list', 'ruleset'], { encoding: 'utf8' })), strip(before))
    console.log('hostile lines change nothing')

    const count = process.env['RIPOSTE_LONG'] ? 100_000 : 20_000
    const many = Array.from({ length: count }, (_, i) => entry(`203.${(i >> 16) + 1}.${(i >> 8) & 255}.${i & 255}`))
    const started = performance.now()
    await sets.sync(snapshot(many), call)
    console.log(`${count} in ${(performance.now() - started).toFixed(0)} ms`)
    // Right after so many additions the kernel is still enlarging its table, and a listing may leave some out.
    let listed = 0
    for (let i = 0; i < 50 && listed !== count; i++, await sleep(100)) listed = (await sets.held!(call)).size
    assert.equal(listed, count)
    const again = performance.now()
    await sets.sync(snapshot(many), call)
    console.log(`the same ${count} adopted in ${(performance.now() - again).toFixed(0)} ms`)
    assert.match(execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' }), /inet riposte/)
    assert.ok(await accepts(V4, PORT))
  } finally {
    for (const end of undo.reverse()) await end()
  }
}

const code = enterNamespace()
if (code !== undefined) process.exit(code)
await main()
process.exit(0)
