/** Our real servers do what their options say, and leave nothing behind. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { APACHE_PACKAGES, startApache } from './apache.ts'
import { NGINX_PACKAGES, startNginx, type WafServer } from './nginx.ts'
import { ensurePackages } from './packages.ts'
import { send } from './traffic.ts'
import { HONEYPOT_RULES } from './waf-rules.ts'

const HEADERS = [
  ['Host', 'shop.example.net'],
  ['User-Agent', 'test'],
  ['Accept', '*/*'],
] as const

const get = async (server: WafServer, target: string): Promise<number> =>
  (await send({ method: 'GET', target, headers: HEADERS }, server, '127.40.0.1')).status

const INJECTION = '/search?q=1%27+union+select+1,2,3--+-'

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
  } catch {
    return false
  }
}

test('nginx: blocks, logs, reloads, reopens, and is gone after stop', { timeout: 60_000 }, async (t) => {
  if (!(await ensurePackages(NGINX_PACKAGES))) return t.skip(`not installable here: ${NGINX_PACKAGES.join(', ')}`)
  const server = await startNginx({ workers: 2, requestIdAsTransactionId: true, rules: HONEYPOT_RULES })
  const before = server.pids()
  assert.equal(before.length, 3, 'a master and two workers')
  assert.equal(await get(server, '/product/7'), 200)
  assert.equal(await get(server, INJECTION), 403)
  assert.equal(await get(server, '/backup-admin/'), 200)
  await server.reload()
  assert.equal(await get(server, INJECTION), 403)
  assert.ok(
    server.pids().some((pid) => !before.includes(pid)),
    'new workers after a reload',
  )
  await server.reopen()
  assert.equal(await get(server, '/'), 200)
  const pids = server.pids()
  await server.stop({ keepFiles: true })
  const lines = readFileSync(server.auditLog, 'latin1').trim().split('\n')
  assert.equal(lines.length, 5)
  assert.match(lines[0]!, /"client_ip":"127\.40\.0\.1".*"unique_id":"[0-9a-f]{32}"/)
  // Two workers write their records in any order.
  assert.equal(lines.filter((line) => /"ruleId":"112"/.test(line)).length, 1)
  await server.stop()
  assert.deepEqual(pids.filter(isAlive), [])
  assert.ok(!existsSync(server.dir))
})

test('nginx: concurrent entries, detection only, no CRS, a static site', { timeout: 60_000 }, async (t) => {
  if (!(await ensurePackages(NGINX_PACKAGES))) return t.skip(`not installable here: ${NGINX_PACKAGES.join(', ')}`)
  const concurrent = await startNginx({ audit: { type: 'Concurrent', engine: 'RelevantOnly' }, mode: 'DetectionOnly' })
  assert.equal(await get(concurrent, '/'), 200)
  assert.equal(await get(concurrent, INJECTION), 200, 'detected, not blocked')
  await concurrent.stop({ keepFiles: true })
  assert.equal(readFileSync(concurrent.auditLog, 'latin1').trim().split('\n').length, 1, 'only the relevant one')
  const entries = readdirSync(concurrent.auditStorage, { recursive: true, withFileTypes: true }).filter((e) =>
    e.isFile(),
  )
  assert.equal(entries.length, 1)
  await concurrent.stop()

  const plain = await startNginx({ upstream: 'static', crs: false })
  assert.equal(await get(plain, INJECTION), 200)
  await plain.stop()
})

test('Apache: blocks, logs natively, reloads, and is gone after stop', { timeout: 60_000 }, async (t) => {
  if (!(await ensurePackages(APACHE_PACKAGES))) return t.skip(`not installable here: ${APACHE_PACKAGES.join(', ')}`)
  const server = await startApache({ audit: { format: 'Native' } })
  assert.equal(await get(server, '/product/7'), 200)
  await server.reload()
  assert.equal(await get(server, INJECTION), 403)
  const pids = server.pids()
  await server.stop({ keepFiles: true })
  const text = readFileSync(server.auditLog, 'latin1')
  assert.equal(text.match(/^--[0-9a-f]{8}-A--$/gm)?.length, 2)
  assert.match(text, /Apache-Error: .*\[id "942100"\]|Message: .*\[id "942100"\]/)
  await server.stop()
  assert.deepEqual(pids.filter(isAlive), [])
})
