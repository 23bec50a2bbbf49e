import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSecretNames } from './secret-names.ts'

const isSecret = createSecretNames({ extraNames: ['Kundennummer'], keepNames: ['csrf'] })

const SECRET =
  'password Password PASSWD pass userPass user_pass db-pwd newPassword user[password] user[pass] json.password passphrase pwd j_password pma_password ' +
  'token access_token refreshToken id_token csrfmiddlewaretoken authenticity_token api_key apiKey X-Api-Key apikey key client_secret secretKey ' +
  'Authorization X-Auth-Token oauth_signature X-Amz-Signature sid PHPSESSID JSESSIONID session_id connect.sid otp pin cvv cvc2 card_number creditCard ' +
  'ccnum jwt _wpnonce mdp senha kundennummer KUNDENNUMMER'
const HARMLESS =
  'q id page compass bypass passenger author authority monkey keyword turkey sidebar insider design signal pinterest spin shopping panel span ' +
  'User-Agent Accept Host X-Request-Id X-Forwarded-For Lock-Token max_tokens Content-Type csrf name email utm_source'

for (const name of SECRET.split(' ')) test(`secret: ${name}`, () => assert.equal(isSecret(name), true))
for (const name of HARMLESS.split(' ')) test(`harmless: ${name}`, () => assert.equal(isSecret(name), false))
test('of an endless name the end is judged', () => assert.equal(isSecret(`${'a'.repeat(10_000)}[password]`), true))
