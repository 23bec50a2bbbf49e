import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Finding } from '../core/finding.ts'
import { checkResponse, probeConnectors } from './check-response.ts'
import { loadConfig } from './config/load.ts'

const configOf = (text: string) => loadConfig(text, '/etc/riposte/riposte.yaml', {})

const found = async (work: (found: (finding: Omit<Finding, 'at'>) => void) => void | Promise<void>) => {
  const findings: Omit<Finding, 'at'>[] = []
  await work((finding) => findings.push(finding))
  return findings.map(({ code, subject, text }) => [code, subject, text])
}

const own = (t: TestContext, text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'riposte-check-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'mine.yaml'), text)
  return folder
}

test('nothing is found where all is well', async () => {
  assert.deepEqual(await found((tell) => checkResponse(configOf('sensors: []'), tell)), [])
})

test('a connector that cannot be set up is named, and playbooks are looked at nevertheless', async (t) => {
  const path = own(t, 'name: mine\nsummary: Mine.\nsteps:\n  - action: webhook.pst\n    with: { json: 1 }\n')
  const config = configOf(
    `connectors: [{ webhook: { url: 'https://soar.example.net/x', tls: { ca: /no/such.pem } } }]\nplaybooks: { path: ${path} }`,
  )
  assert.deepEqual(await found((tell) => checkResponse(config, tell)), [
    ['connector.unusable', 'connectors', 'connector webhook: cannot read /no/such.pem'],
    ['playbook.misfit', 'mine', `${path}/mine.yaml:4:5: webhook has no action "pst"; did you mean post?`],
  ])
})

test('a playbook that is none is named with its place', async (t) => {
  const path = own(t, 'name: mine\nsummary: Mine.\nsteps: [{ if: nobody.knows, wait: 1m }]\n')
  const [finding, ...others] = await found((tell) => checkResponse(configOf(`playbooks: { path: ${path} }`), tell))
  assert.equal(others.length, 0)
  assert.equal(finding![0], 'playbook.invalid')
  assert.match(finding![2]!, /mine\.yaml:3:15: .*nobody/)
})

test('each connector is asked; one that does not answer does not hide the others', async (t) => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/refused' ? 401 : 404
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { connectors } = configOf(`connectors:
  - { name: gone, webhook: { url: 'http://127.0.0.1:1/x' } }
  - { name: refused, webhook: { url: '${url}/refused' } }
  - { name: fine, webhook: { url: '${url}/fine' } }
`)
  const findings = await found((tell) => probeConnectors(connectors, tell))
  assert.deepEqual(
    findings.map(([code, subject]) => [code, subject]),
    [
      ['connector.unreachable', 'gone'],
      ['connector.unreachable', 'refused'],
    ],
  )
})
