/** TLS with authorities of one's own and with certificates of both sides, against a real server. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { callOf } from '../../../test/contracts/call.ts'
import { createAuthority } from '../../../test/real/certificates.ts'
import webhook from './index.ts'
import { settings } from './settings.ts'

const scene = async (t: TestContext) => {
  const [ours, foreign] = [await createAuthority(), await createAuthority()]
  if (!ours || !foreign) {
    t.skip('openssl is not installed and cannot be')
    return undefined
  }
  const { cert, key } = ours.issue('server')
  const callers: string[] = []
  const server = createServer(
    {
      ...{ cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ours.ca) },
      ...{ requestCert: true, rejectUnauthorized: true },
    },
    (request, answer) => {
      callers.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN))
      answer.end()
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
    ours.remove()
    foreign.remove()
  })
  const post = async (tls: Readonly<Record<string, string>>) => {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    const session = webhook.connect(settings.parse({ url, tls }), { name: 'hook', clock: Date.now })
    return webhook.actions['post']!.run({ json: { hello: 1 } }, session, callOf())
  }
  return { ours, foreign, post, callers }
}

test('our certificate is shown where the server asks for it; without, or by another authority, nothing is posted', async (t) => {
  const place = await scene(t)
  if (!place) return
  const { ours, foreign, post, callers } = place
  assert.deepEqual(await post({ ca: ours.ca, ...ours.issue('riposte') }), { status: 200 })
  assert.deepEqual(callers, ['riposte'])
  for (const [what, tls] of [
    ['no certificate', { ca: ours.ca }],
    ['of another authority', { ca: ours.ca, ...foreign.issue('stranger') }],
    ['a server that we do not trust', { ...ours.issue('again') }],
    ['of an authority that did not issue it', { ca: foreign.ca, ...ours.issue('more') }],
  ] as const)
    await assert.rejects(post(tls), { name: 'Failure' }, what)
  assert.deepEqual(callers, ['riposte'])
})
