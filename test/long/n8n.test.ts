/** A real SOAR: our playbook starts a workflow of n8n with a case, and the workflow has the attacker banned. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bin, DaemonProcess } from '../chaos/daemon-process.ts'
import { freePort } from '../real/loopback.ts'
import { startN8n } from '../real/n8n.ts'
import { startPostgres } from '../real/postgres.ts'

const folder = process.env['RIPOSTE_N8N']
const TOKEN = '0123456789abcdef0123456789abcdef'
const OURS = 'ab012345678901234567890123456789'

/** Webhook → our callback → answer: what a SOAR team would click together. */
const workflow = (callback: string) => ({
  ...{ id: 'riposte000000001', name: 'ban', active: true, settings: { executionOrder: 'v1' } },
  nodes: [
    {
      ...{ id: 'n1', name: 'Case', type: 'n8n-nodes-base.webhook', typeVersion: 2, position: [0, 0] },
      webhookId: '11111111-1111-4111-8111-111111111111',
      parameters: { httpMethod: 'POST', path: 'waf', responseMode: 'responseNode', options: {} },
    },
    {
      ...{ id: 'n2', name: 'Ban', type: 'n8n-nodes-base.httpRequest', typeVersion: 4.2, position: [200, 0] },
      parameters: {
        ...{ method: 'POST', url: callback, sendHeaders: true, sendBody: true, specifyBody: 'json', options: {} },
        headerParameters: { parameters: [{ name: 'authorization', value: `Bearer ${TOKEN}` }] },
        jsonBody:
          "={{ JSON.stringify({ value: $json.body.case.subject.value, reason: 'n8n: ' + $json.body.case.title }) }}",
      },
    },
    {
      ...{ id: 'n3', name: 'Answer', type: 'n8n-nodes-base.respondToWebhook', typeVersion: 1.1, position: [400, 0] },
      parameters: { respondWith: 'json', responseBody: '={{ JSON.stringify({ said: $json.text }) }}', options: {} },
    },
  ],
  connections: {
    Case: { main: [[{ node: 'Ban', type: 'main', index: 0 }]] },
    Ban: { main: [[{ node: 'Answer', type: 'main', index: 0 }]] },
  },
})

const riposte = (...args: string[]) =>
  JSON.parse(spawnSync(process.execPath, [bin, ...args, '--json'], { encoding: 'utf8' }).stdout)

test('a workflow of n8n is started with a case, and calls back', {
  skip: folder === undefined && 'RIPOSTE_N8N=FOLDER only: n8n takes 2.3 GB there',
  timeout: 1_200_000,
}, async (t) => {
  const postgres = await startPostgres()
  if (!postgres) return t.skip('PostgreSQL is not installed and cannot be')
  const dir = mkdtempSync(join(tmpdir(), 'riposte-soar-'))
  const port = await freePort()
  t.after(() => postgres.stop())
  const n8n = await startN8n({
    ...{ folder: folder!, database: await postgres.database(), path: 'waf' },
    workflow: workflow(`http://127.0.0.1:${port}/api/callback/ban`),
  })
  t.after(() => n8n.stop())
  mkdirSync(join(dir, 'own'))
  writeFileSync(
    join(dir, 'own', 'soar.yaml'),
    `name: soar
summary: Ask n8n.
steps:
  - { id: asked, action: n8n.start, with: { case: '\${{ case }}' } }
  - { stop: '\${{ steps.asked.output.answer.said }}' }
`,
  )
  const daemon = new DaemonProcess(
    dir,
    'one',
    (database) => `state: ${database}
sensors: [{ id: web, sources: [{ file: ${join(dir, 'audit.log')} }] }]
connectors: [{ n8n: { webhook: '${n8n.url}/webhook/waf', headers: { x-riposte: ${OURS} } } }]
playbooks: { path: ${join(dir, 'own')} }
http:
  listen: ['127.0.0.1:${port}']
  callbacks: [{ name: n8n, token: ${TOKEN}, may: [ban] }]
`,
  )
  t.after(async () => {
    await daemon.end('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  })
  await daemon.start()
  const config = ['--config', daemon.config]
  assert.match(riposte('connectors', 'test', 'n8n', ...config).text, /answers/)
  riposte('decisions', 'add', '203.0.113.7', '--type', 'watch', '--reason', 'seen', '--state', daemon.database)
  riposte('playbooks', 'run', 'soar', '--about', '203.0.113.7', ...config)
  const runOf = () =>
    (riposte('runs', ...config) as { playbook: string; state: string; why?: string }[]).find(
      ({ playbook, state }) => playbook === 'soar' && state !== 'running' && state !== 'waiting',
    )
  for (let i = 0; i < 100 && !runOf(); i++) await sleep(200)
  const { state, why } = runOf()!
  assert.equal(state, 'stopped', why)
  assert.match(why!, /^ban on Ip 203\.0\.113\.7 until /, 'what n8n answered is what our callback said to it')
  const decisions = riposte('decisions', '--state', daemon.database) as {
    type: string
    origin: string
    reason: string
  }[]
  assert.deepEqual(
    decisions.map(({ type, origin }) => [type, origin]),
    [['ban', 'callback:n8n']],
  )
  assert.match(decisions[0]!.reason, /^n8n: /)
})
