/** People and systems that answer: a running daemon, asked over HTTP as a SOAR and a chat's reader would. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { auditLine } from '../../scripts/bench/audit-line.ts'
import { bin, DaemonProcess } from '../chaos/daemon-process.ts'
import { freePort } from '../real/loopback.ts'

const TOKEN = '0123456789abcdef0123456789abcdef'

const riposte = (...args: string[]) =>
  JSON.parse(spawnSync(process.execPath, [bin, ...args, '--json'], { encoding: 'utf8' }).stdout)

const until = async <T>(what: string, look: () => T | undefined): Promise<T> => {
  for (let i = 0; i < 200; i++, await sleep(100)) {
    const found = look()
    if (found !== undefined) return found
  }
  return assert.fail(`no ${what}`)
}

const scene = async (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-answers-'))
  const told: { readonly text: string }[] = []
  const chat = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      told.push(JSON.parse(body))
      response.end()
    })
  })
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve))
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  mkdirSync(join(dir, 'own'))
  writeFileSync(
    join(dir, 'own', 'ask.yaml'),
    `name: ask
summary: Ask, then ban.
steps:
  - id: sure
    approval:
      ask: Ban \${{ vars.whom }}?
      people: [ann]
      tell: [{ action: chat.post, with: { json: { text: '\${{ question.ask }} \${{ question.links.ann }}' } } }]
  - { action: riposte.ban, with: { value: '\${{ vars.whom }}', reason: 'ann said yes' } }
vars: { whom: 203.0.113.7 }
`,
  )
  const daemon = new DaemonProcess(
    dir,
    'one',
    (database) => `state: ${database}
sensors: [{ id: web, sources: [{ file: ${join(dir, 'audit.log')} }] }]
connectors: [{ name: chat, webhook: { url: 'http://127.0.0.1:${(chat.address() as { port: number }).port}/' } }]
playbooks: { path: ${join(dir, 'own')}, link: '${base}', reports: ${join(dir, 'reports')} }
http:
  listen: ['127.0.0.1:${port}']
  callbacks:
    - { name: soar, token: ${TOKEN}, may: [ban, unban, approve, annotate, close] }
`,
  )
  t.after(async () => {
    await daemon.end('SIGKILL')
    chat.close()
    rmSync(dir, { recursive: true, force: true })
  })
  await daemon.start()
  await until('listener', () => (daemon.stderr.includes('listening') ? true : undefined))
  const post = async (verb: string, body: object) => {
    const answer = await fetch(`${base}/api/callback/${verb}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: answer.status, ...((await answer.json()) as { ok: boolean; text: string }) }
  }
  const state = ['--state', daemon.database]
  const bans = () =>
    (riposte('decisions', ...state) as { value: string; origin: string; type: string }[]).map(
      ({ value, origin, type }) => [value, origin, type],
    )
  return { dir, daemon, told, post, state, bans }
}

test('a link in a chat decides: previews change nothing, one press bans', async (t) => {
  const { daemon, told, bans } = await scene(t)
  riposte('playbooks', 'run', 'ask', '--config', daemon.config)
  const { text } = await until('message', () => told[0])
  const url = text.split(' ').at(-1)!
  assert.match(text, /^Ban 203\.0\.113\.7\? http/)
  for (let i = 0; i < 3; i++) assert.equal((await fetch(url)).status, 200)
  assert.deepEqual(bans(), [])
  const pressed = await fetch(url, { method: 'POST', body: new URLSearchParams({ answer: 'approve' }) })
  assert.match(await pressed.text(), /Approved/)
  await until('ban', () => (bans().length > 0 ? true : undefined))
  assert.deepEqual(bans(), [['203.0.113.7', 'playbook:ask', 'ban']])
  assert.equal(told.length, 1)
  const runs = riposte('runs', '--config', daemon.config) as { playbook: string; id: string }[]
  const run = runs.find(({ playbook }) => playbook === 'ask')
  const shown = JSON.stringify(riposte('runs', 'show', run!.id, '--config', daemon.config))
  assert.match(shown, /link:ann/)
  assert.ok(!shown.includes(new URL(url).pathname.split('/').at(-1)!), 'the key of the link is nowhere in the run')
})

test('a SOAR bans, lifts, notes and closes; the guards have the last word, and the audit trail names it', async (t) => {
  const { dir, post, state, bans } = await scene(t)
  assert.equal((await post('ban', { value: '203.0.113.7', reason: 'seen elsewhere' })).status, 200)
  assert.deepEqual(bans(), [['203.0.113.7', 'callback:soar', 'ban']])
  for (const value of ['10.1.2.3', '127.0.0.1', 'fd00::1', '0.0.0.0/0'])
    assert.deepEqual([(await post('ban', { value, reason: 'x' })).status, bans().length], [409, 1], value)
  riposte('allowlists', 'add', '198.51.100.7', '--reason', 'partner', ...state)
  assert.equal((await post('ban', { value: '198.51.100.7', reason: 'x' })).status, 409)
  assert.equal((await post('unban', { value: '203.0.113.7', reason: 'a customer' })).status, 200)
  assert.deepEqual(bans(), [])
  assert.equal((await post('unban', { value: '203.0.113.7', reason: 'again' })).status, 409)

  writeFileSync(
    join(dir, 'audit.log'),
    Array.from({ length: 40 }, () => auditLine('192.0.2.66', [942100, 941100, 930100])).join(''),
  )
  const { id } = await until('incident', () => (riposte('incidents', ...state) as { id: string }[])[0])
  assert.equal((await post('annotate', { incident: id, text: 'the <pentest> of today' })).status, 200)
  assert.equal((await post('annotate', { incident: 'i-none', text: 'x' })).status, 409)
  assert.equal((await post('close', { incident: id, reason: 'the pentest' })).status, 200)
  const shown = riposte('incidents', 'show', id, ...state) as { state: string; notes: { by: string; text: string }[] }
  assert.deepEqual(
    [shown.state, shown.notes.map(({ by, text }) => [by, text])],
    ['closed', [['callback:soar', 'the <pentest> of today']]],
  )
  const report = spawnSync(process.execPath, [bin, 'incidents', 'report', id, '--out', '-', ...state], {
    encoding: 'utf8',
  })
  assert.match(report.stdout, /callback:soar: the &lt;pentest&gt; of today/)
  const page = join(dir, 'reports', `incident-${id}.html`)
  await until('report', () => (existsSync(page) && readFileSync(page, 'utf8').includes('>closed') ? true : undefined))
  assert.equal(statSync(page).mode & 0o777, 0o600)
})
