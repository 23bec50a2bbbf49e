import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from './secret.ts'
import { signatureHeaders, signingKey } from './standard-webhooks.ts'

test('the signature is that of the specification', () => {
  // The example of the Standard Webhooks reference libraries' tests.
  const key = signingKey(new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'))
  const body = '{"test": 2432232314}'
  assert.deepEqual(signatureHeaders(key, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_000, body), {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('what is no signing secret is refused without being shown', () => {
  for (const text of ['whsec_', 'whsec_c2hvcnQ=', 'plain', 'whsec_!!!'])
    assert.throws(() => signingKey(new Secret(text)), { code: 'WEBHOOK_SIGNING' })
})
