/**
 * What each way of denying costs nginx, in one run: a static page alone, with the list (100,000 networks), with the gate
 * (a process of its own, by unix socket, 100,000 bans); then what a reload with that list costs in memory, ModSecurity
 * and CRS loaded. One worker; needs wrk. `node scripts/bench/nginx-ways.ts [seconds per way]`
 */
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { gateRoutes } from '../../src/api/gate/routes.ts'
import { listLines } from '../../src/connectors/nginx/list-text.ts'
import { decision } from '../../src/enforce/decision.fixture.ts'
import { createGate } from '../../src/enforce/gate.ts'
import { ActiveRoster } from '../../src/enforce/roster.ts'
import { startNginx, type WafServer } from '../../test/real/nginx.ts'
import { snippet } from '../../test/real/snippet.ts'

const ENTRIES = 100_000
const address = (i: number): string => `203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`

const serveGate = async (socket: string): Promise<void> => {
  const now = Date.now()
  const roster = new ActiveRoster(createGate([]))
  const bans = Array.from({ length: ENTRIES }, (_, i) =>
    decision(address(i), { startsAt: now, until: now + 3_600_000 }),
  )
  roster.apply(bans, now)
  const app = Fastify({ keepAliveTimeout: 120_000 })
  gateRoutes({ roster, clock: Date.now })(app)
  await app.listen({ path: socket })
  chmodSync(socket, 0o666)
  process.send!('ready')
}

/** Milliseconds of CPU that the process has used. */
const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ')
  return 10 * (Number(fields[11]) + Number(fields[12]))
}

const megabytesOf = (pids: readonly number[]): number =>
  pids.reduce(
    (sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))![1]),
    0,
  ) / 1024

const measure = (name: string, site: WafServer, seconds: number, gate?: number): void => {
  const worker = site.pids()[1]!
  const load = (connections: number) =>
    execFileSync(
      'wrk',
      ['-t1', `-c${connections}`, `-d${seconds}`, '--latency', '-H', 'X-Forwarded-For: 198.51.100.7', `${site.url}/`],
      { encoding: 'utf8' },
    )
  const p50 = /50%\s+(\S+)/.exec(load(1))![1]
  const before = [cpuOf(worker), gate ? cpuOf(gate) : 0] as const
  const text = load(16)
  const requests = Number(/(\d+) requests in/.exec(text)![1])
  const micros = (now: number, then: number) => Math.round((1000 * (now - then)) / requests)
  console.log(
    `${name.padEnd(24)} p50 ${p50!.padStart(9)}  ${/Requests\/sec:\s+(\S+)/.exec(text)![1]!.padStart(10)} requests/s  nginx ${micros(cpuOf(worker), before[0])} µs CPU each${gate ? `, gate ${micros(cpuOf(gate), before[1])} µs` : ''}`,
  )
}

const main = async (seconds: number): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-ways-'))
  chmodSync(dir, 0o755)
  const [banned, throttled, socket] = [join(dir, 'banned.conf'), join(dir, 'throttled.conf'), join(dir, 'gate.sock')]
  const entries = Array.from({ length: ENTRIES }, (_, i) => [address(i), 'R-1A2B-3C4D-5E6F'] as const)
  writeFileSync(banned, `${[...listLines(entries)].join('\n')}\n`)
  writeFileSync(throttled, '')
  const gate = fork(import.meta.filename, ['gate', socket])
  await once(gate, 'message')
  const realIp = 'set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; access_log off;'
  const list = {
    http: `${realIp}\n${snippet('nginx-list-http.conf', {
      TOKEN: 'bench',
      '/etc/nginx/riposte/banned.conf': banned,
      '/etc/nginx/riposte/throttled.conf': throttled,
    })}`,
    serverBlock: snippet('nginx-list-server.conf'),
  }
  const asked = {
    http: `${realIp}\nupstream riposte { server unix:${socket}; keepalive 16; }`,
    serverBlock: snippet('nginx-gate.conf'),
  }
  const ways = { alone: { http: realIp, serverBlock: '' }, list, gate: asked }
  for (const [name, { http, serverBlock }] of Object.entries(ways)) {
    const site = await startNginx({
      upstream: 'static',
      crs: false,
      errorLevel: 'error',
      http,
      serverBlock: `modsecurity off;\n${serverBlock}`,
    })
    measure(name, site, seconds, name === 'gate' ? gate.pid : undefined)
    await site.stop()
  }
  gate.kill()
  for (const [name, more] of [
    ['ModSecurity and CRS', { http: realIp }],
    [`with ${ENTRIES} entries`, list],
  ] as const) {
    const site = await startNginx({ upstream: 'static', errorLevel: 'error', ...more })
    const sizes = [megabytesOf(site.pids())]
    const took: number[] = []
    for (let i = 0; i < 5; i++) {
      const old = site.pids()[1]!
      const started = performance.now()
      await site.reload()
      took.push(performance.now() - started)
      while (site.pids().includes(old)) await sleep(50)
      sizes.push(megabytesOf(site.pids()))
    }
    console.log(
      `${name.padEnd(24)} MB (PSS) at start and after each reload: ${sizes.map((size) => size.toFixed(0)).join(' ')}; a reload takes ${Math.round(Math.max(...took))} ms`,
    )
    await site.stop()
  }
  rmSync(dir, { recursive: true, force: true })
}

const [mode, socket] = process.argv.slice(2)
if (mode === 'gate') await serveGate(socket!)
else {
  await main(Number(mode ?? 5))
  process.exit(0)
}
