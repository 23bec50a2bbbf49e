import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import type { Secret } from '../../kit/secret.ts'
import { signedIn } from './credentials.ts'
import xsoar from './index.ts'
import { settings } from './settings.ts'

testActionConnector(xsoar, new URL('./fixtures/', import.meta.url))

test('an advanced key signs each request anew, and is itself never sent', () => {
  const chosen = settings.parse({
    url: 'https://api.example.net',
    key: 'marked-secret-key',
    keyId: '7',
    advanced: true,
  })
  const [one, two] = [signedIn(chosen, 1000), signedIn(chosen, 1000)]
  const nonce = String(one['x-xdr-nonce'])
  assert.match(nonce, /^[0-9a-f]{64}$/)
  assert.notEqual(nonce, two['x-xdr-nonce'])
  const digest = createHash('sha256').update(`marked-secret-key${nonce}1000`).digest('hex')
  assert.equal((one['authorization'] as Secret).reveal(), digest)
  assert.ok(!JSON.stringify(one).includes('marked-secret'))
})
