/** The canary through a real nginx with ModSecurity and CRS to the list and a bouncer; and each link of it silent. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bin, DaemonProcess } from '../chaos/daemon-process.ts'
import { freePort } from '../real/loopback.ts'
import { NGINX_PACKAGES, startNginx } from '../real/nginx.ts'
import { ensurePackages } from '../real/packages.ts'

interface Page {
  readonly canaries: readonly {
    readonly sensor: string
    readonly sentAt: string | null
    readonly points: readonly { readonly point: string; readonly millis: Record<string, number | undefined> }[]
  }[]
  readonly findings: readonly { readonly code: string; readonly subject: string }[]
}

test('measures every link of the chain, and names the silent ones', async (t) => {
  if (!(await ensurePackages([...NGINX_PACKAGES]))) return t.skip('nginx cannot be installed')
  const dir = mkdtempSync(join(tmpdir(), 'riposte-canary-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const site = await startNginx({})
  t.after(() => site.stop())
  const unguarded = createServer((_request, answer) => answer.end('ok')).listen(0, '127.0.0.1')
  t.after(() => unguarded.close())
  await once(unguarded, 'listening')
  const [dns, http, nobody] = [await freePort(), await freePort(), await freePort()]
  const every = 'every: 10s'
  const daemon = new DaemonProcess(
    dir,
    'one',
    (database) => `
state: ${database}
sensors:
  - id: web
    canary: { url: '${site.url}/', ${every} }
    sources: [{ file: ${site.auditLog} }, { file: ${site.accessLog} }, { file: ${site.errorLog}, format: nginx-error }]
  - id: unguarded
    canary: { url: 'http://shop.example.net/', address: '127.0.0.1:${(unguarded.address() as AddressInfo).port}', ${every} }
    sources: [{ file: ${join(dir, 'none.log')} }]
  - { id: gone, canary: { url: 'http://127.0.0.1:${nobody}/', ${every} }, sources: [{ file: ${join(dir, 'none.log')} }] }
enforce:
  - rbl: { listen: ['127.0.0.1:${dns}'], zones: { ban: bl.example.net } }
http: { listen: ['127.0.0.1:${http}'] }
`,
  )
  t.after(() => daemon.end('SIGKILL'))
  await daemon.start()
  const riposte = (...args: string[]) => {
    const config = ['--config', daemon.config]
    return spawnSync(process.execPath, [bin, ...args, ...config], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    })
  }
  const pull = async (key: string) => {
    const url = `http://127.0.0.1:${http}/v1/decisions/stream`
    const answer = await fetch(url, { headers: { 'x-api-key': key, 'user-agent': 'test/1' } })
    assert.equal(answer.status, 200)
    await answer.text()
  }
  const [keen, lazy] = ['keen', 'lazy'].map((name) => riposte('bouncers', 'add', name).stdout.trim()) as [
    string,
    string,
  ]
  await pull(lazy)
  const pulling = setInterval(() => void pull(keen).catch(() => {}), 500)
  t.after(() => clearInterval(pulling))

  const page = (): Page => JSON.parse(riposte('canary', '--json').stdout)
  const silent = () =>
    page()
      .findings.map(({ code, subject }) => `${code} ${subject}`)
      .toSorted()
  const expected = ['canary.no_answer gone', 'canary.not_enforced bouncer:lazy', 'canary.not_read unguarded']
  for (let i = 0; i < 100 && silent().length < expected.length; i++) await sleep(500)
  assert.deepEqual(silent(), expected)
  const shown = riposte('canary')
  assert.equal(shown.status, 1)
  t.diagnostic(`\n${shown.stdout}`)

  // Each look is judged whole: by the next one, another round may have begun.
  const web = await (async () => {
    for (let i = 0; ; i++, await sleep(250)) {
      const seen = page().canaries.find(({ sensor }) => sensor === 'web')!
      if (i === 60 || seen.points.some(({ point, millis }) => point === 'bouncer:keen' && millis['applied']))
        return seen
    }
  })()
  assert.ok(web.sentAt)
  const points = new Map(web.points.map(({ point, millis }) => [point, millis]))
  assert.ok(points.get('rbl')!['verified']! >= points.get('rbl')!['applied']!)
  assert.ok(points.get('bouncer:keen')!['applied']! > 0)
  assert.equal(points.get('bouncer:lazy')!['applied'], undefined)

  // Nobody was accused of it, and nobody else is told.
  assert.deepEqual(JSON.parse(riposte('alerts', 'list', '--json').stdout), [])
  const decisions = JSON.parse(riposte('decisions', 'list', '--all', '--json').stdout) as { value: string }[]
  assert.ok(decisions.length > 0 && decisions.every(({ value }) => value === '192.0.2.1'))
  assert.doesNotMatch(riposte('export', '--format', 'plain').stdout, /192\.0\.2/)
})
