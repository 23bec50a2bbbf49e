/**
 * What each way of denying costs nginx, in one run: a static page alone, with the list (100,000 networks), with the gate
 * (a process of its own, by unix socket, 100,000 bans); then what a reload with that list costs in memory, ModSecurity
 * and CRS loaded. One worker; needs wrk. `node scripts/bench/nginx-ways.ts [seconds per way]`
 */
import { fork } from 'node:child_process'
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
import { startNginx } from '../../test/real/nginx.ts'
import { snippet } from '../../test/real/snippet.ts'
import { ANY_CLIENT, measureNginx } from './nginx-load.ts'

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

const megabytesOf = (pids: readonly number[]): number =>
  pids.reduce(
    (sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))![1]),
    0,
  ) / 1024

const main = async (seconds: number): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-ways-'))
  chmodSync(dir, 0o755)
  const [banned, throttled, socket] = [join(dir, 'banned.conf'), join(dir, 'throttled.conf'), join(dir, 'gate.sock')]
  const entries = Array.from({ length: ENTRIES }, (_, i) => [address(i), 'R-1A2B-3C4D-5E6F'] as const)
  writeFileSync(banned, `${[...listLines(entries)].join('\n')}\n`)
  writeFileSync(throttled, '')
  const gate = fork(import.meta.filename, ['gate', socket])
  await once(gate, 'message')
  const list = {
    http: `${ANY_CLIENT}\n${snippet('nginx-list-http.conf', {
      TOKEN: 'bench',
      '/etc/nginx/riposte/banned.conf': banned,
      '/etc/nginx/riposte/throttled.conf': throttled,
    })}`,
    serverBlock: snippet('nginx-list-server.conf'),
  }
  const asked = {
    http: `${ANY_CLIENT}\nupstream riposte { server unix:${socket}; keepalive 16; }`,
    serverBlock: snippet('nginx-gate.conf'),
  }
  const ways = { alone: { http: ANY_CLIENT, serverBlock: '' }, list, gate: asked }
  for (const [name, { http, serverBlock }] of Object.entries(ways)) {
    const site = await startNginx({
      upstream: 'static',
      crs: false,
      errorLevel: 'error',
      http,
      serverBlock: `modsecurity off;\n${serverBlock}`,
    })
    measureNginx(name, site, { seconds, ...(name === 'gate' ? { helpers: { gate: gate.pid! } } : {}) })
    await site.stop()
  }
  gate.kill()
  for (const [name, more] of [
    ['ModSecurity and CRS', { http: ANY_CLIENT }],
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
