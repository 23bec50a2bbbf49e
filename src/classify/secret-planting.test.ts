/** Secrets planted wherever a log can carry one must not be found in the event, however it is serialised. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RawMatch, Transaction } from '../core/event.ts'
import { eventJson } from '../core/event-json.ts'
import { type Reason, silent } from '../core/reason.ts'
import { createClassifier } from './classifier.ts'

const classify = createClassifier({
  trustedProxies: [],
  clientHeader: 'auto',
  redaction: { enabled: true, extraNames: ['Kundennummer'], keepNames: [] },
  sessionKey: 'a key for tests',
})
const at = { id: 'e-1', sensor: 'test', raw: { source: 'test', offset: 0, length: 0 } }

const base: Transaction = {
  engine: 'modsecurity3',
  transactionId: '179532189723.157748',
  time: 1_795_321_897_000,
  peerIp: '192.0.2.7',
  method: 'GET',
  uri: '/',
  httpVersion: '1.1',
  headers: [['Host', 'shop.example.com']],
  status: 200,
  responseHeaders: [],
  matches: [],
  hasMatches: true,
}
const rule: RawMatch = {
  ruleId: 942100,
  message: 'SQL Injection Attack Detected via libinjection',
  data: '',
  severity: 2,
  tags: ['attack-sqli'],
  file: '/etc/crs/rules.conf',
  line: 1,
  match: '',
}
const inData = (data: string, variable = 'ARGS:q'): Partial<Transaction> => ({
  matches: [
    {
      ...rule,
      data,
      match: `Matched "Operator \`Rx' with parameter \`x' against variable \`${variable}' (Value: \`v' )`,
    },
  ],
})
const inHeader = (name: string, value: string): Partial<Transaction> => ({ headers: [...base.headers, [name, value]] })
const inUri = (uri: string): Partial<Transaction> => ({ uri })

const percentEncoded = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** Every place: a transaction with the secret in it, and the form in which it stands there. */
const PLACES: Readonly<Record<string, (secret: string) => readonly [Partial<Transaction>, ...(readonly string[])]>> = {
  'query parameter': (s) => [inUri(`/login?user=anna&password=${s}&next=/`), s],
  'query parameter with encoded name': (s) => [inUri(`/login?p%61ssword=${s}`), s],
  'query parameter with array name': (s) => [inUri(`/login?user%5Bpassword%5D=${s}`), s],
  'query parameter, upper case': (s) => [inUri(`/login?PASSWORD=${s}`), s],
  'query parameter, camel case': (s) => [inUri(`/login?newPwd=${s}`), s],
  'query parameter named by the operator': (s) => [inUri(`/login?kundennummer=${s}`), s],
  'API key': (s) => [inUri(`/v1/items?api_key=${s}`), s],
  'key parameter': (s) => [inUri(`/v1/items?key=${s}`), s],
  'token in a nested URL': (s) => [inUri(`/go?to=https%3A%2F%2Fexample.org%2F%3Faccess_token%3D${s}`), s],
  'token in a URL encoded twice': (s) => [
    inUri(`/go?to=https%253A%252F%252Fexample.org%252F%253Faccess_token%253D${s}`),
    s,
  ],
  'bearer in query': (s) => [inUri(`/go?header=Bearer%20${s}`), s],
  'bearer in query with plus': (s) => [inUri(`/go?header=Bearer+${s}`), s],
  'semicolon-separated query': (s) => [inUri(`/go?a=1;password=${s};b=2`), s],
  'matrix parameter': (s) => [inUri(`/shop;jsessionid=${s}?a=1`), s],
  fragment: (s) => [inUri(`/cb#access_token=${s}&type=bearer`), s],
  'password of an absolute URI': (s) => [inUri(`http://anna:${s}@shop.example.com/`), s],
  'password of a URL in the query': (s) => [inUri(`/fetch?url=https://anna:${s}@intern.example/`), s],
  'password of an encoded URL in the query': (s) => [
    inUri(`/fetch?url=https%3A%2F%2Fanna%3A${s}%40intern.example%2F`),
    s,
  ],
  'JSON in the query': (s) => [
    inUri(`/q?filter=${percentEncoded(JSON.stringify({ user: 'a', password: s }))}`),
    s,
    percentEncoded(s),
  ],
  'Authorization Basic': (s) => [inHeader('Authorization', `Basic ${base64(`anna:${s}`)}`), s, base64(`anna:${s}`)],
  'Authorization Bearer': (s) => [inHeader('authorization', `Bearer ${s}`), s],
  'Authorization without scheme': (s) => [inHeader('Authorization', s), s],
  'Authorization Digest': (s) => [inHeader('Authorization', `Digest username="anna", response="${s}"`), s],
  'Proxy-Authorization': (s) => [inHeader('Proxy-Authorization', `Basic ${base64(`a:${s}`)}`), base64(`a:${s}`)],
  Cookie: (s) => [inHeader('Cookie', `theme=dark; sid=${s}; lang=de`), s],
  'Cookie of any name': (s) => [inHeader('Cookie', `theme=${s}`), s],
  'Cookie without a name': (s) => [inHeader('Cookie', `a=b; ${s}`), s],
  'Cookie, lower case': (s) => [inHeader('cookie', `a=${s}`), s],
  'X-Api-Key': (s) => [inHeader('X-Api-Key', s), s],
  'X-Auth-Token': (s) => [inHeader('X-Auth-Token', s), s],
  'X-CSRF-Token': (s) => [inHeader('X-CSRF-Token', s), s],
  'Private-Token': (s) => [inHeader('PRIVATE-TOKEN', s), s],
  'Ocp-Apim-Subscription-Key': (s) => [inHeader('Ocp-Apim-Subscription-Key', s), s],
  'header named by the operator': (s) => [inHeader('KUNDENNUMMER', s), s],
  'Referer query': (s) => [inHeader('Referer', `https://shop.example.com/reset?token=${s}`), s],
  'Referer with credentials': (s) => [inHeader('Referer', `https://anna:${s}@shop.example.com/`), s],
  'Referer with encoded name': (s) => [inHeader('Referer', `https://shop.example.com/?t%6fken=${s}`), s],
  'User-Agent': (s) => [inHeader('User-Agent', `app/1 (token=${s})`), s],
  'any header with a bearer': (s) => [inHeader('X-Debug', `Bearer ${s}`), s],
  'any header with JSON': (s) => [inHeader('X-Debug', JSON.stringify({ clientSecret: s })), s],
  'data of ARGS:password': (s) => [inData(`Matched Data: ${s} found within ARGS:password: ${s}`, 'ARGS:password'), s],
  'data of ARGS:user[pass]': (s) => [
    inData(`Matched Data: ${s} found within ARGS:user[pass]: x${s}`, 'ARGS:user[pass]'),
    s,
  ],
  'data of ARGS:json.password': (s) => [
    inData(`Matched Data: ${s} found within ARGS:json.password: ${s}`, 'ARGS:json.password'),
    s,
  ],
  'data of REQUEST_COOKIES': (s) => [
    inData(`Matched Data: ${s} found within REQUEST_COOKIES:lang: ${s}`, 'REQUEST_COOKIES:lang'),
    s,
  ],
  'data of the Cookie header': (s) => [
    inData(`Matched Data: x found within REQUEST_HEADERS:Cookie: a=${s}`, 'REQUEST_HEADERS:Cookie'),
    s,
  ],
  'data of a chained rule': (s) => [
    inData(
      `Matched Data: ${s} found within MATCHED_VARS:REQUEST_HEADERS:Cookie`,
      'MATCHED_VARS:REQUEST_HEADERS:Cookie',
    ),
    s,
  ],
  'data of Authorization': (s) => [
    inData(
      `Matched Data: ${s} found within REQUEST_HEADERS:Authorization: Bearer ${s}`,
      'REQUEST_HEADERS:Authorization',
    ),
    s,
  ],
  'data of another variable than matched last': (s) => [
    inData(`Matched Data: ${s} found within ARGS:password: ${s}`, 'TX:0'),
    s,
  ],
  'data without words on the match': (s) => [
    { matches: [{ ...rule, data: `Matched Data: s&1 found within ARGS:pwd: ${s}` }] },
    s,
  ],
  'data that is name=value': (s) => [inData(`ARGS:password=${s}`, 'ARGS:password'), s],
  'data of a URI': (s) => [
    inData(`Matched Data: ../ found within REQUEST_URI_RAW: /../?p%61ss=${s}`, 'REQUEST_URI_RAW'),
    s,
  ],
  'data of a body': (s) => [
    inData(`Matched Data: java. found within REQUEST_BODY: a=java.&password=${s}`, 'REQUEST_BODY'),
    s,
  ],
  'data of an XML body': (s) => [inData(`Matched Data: x found within XML:/*: anna ${s} x`, 'XML:/*'), s],
  'JSON within data': (s) => [inData(`Matched Data: x found within ARGS:q: {"user":"a","password":"${s}"}`), s],
  'JSON within JSON within data': (s) => [
    inData(`Matched Data: x found within ARGS:q: {\\"password\\":\\"${s}\\"}`),
    s,
  ],
  'XML within data': (s) => [
    inData(`Matched Data: x found within ARGS:q: <login><password>${s}</password></login>`),
    s,
  ],
  'XML with attributes within data': (s) => [
    inData(`Matched Data: x found within ARGS:q: <ns:Password type="text">${s}</ns:Password>`),
    s,
  ],
  'header within data': (s) => [
    inData(`Matched Data: x found within ARGS:q: GET / HTTP/1.1\r\nCookie: a=b; c=${s}\r\nX: y`),
    s,
  ],
  'multipart within data': (s) => [inData(`x: form-data; name="password"\r\n\r\n${s}\r\n--b`), s],
  'multipart with type within data': (s) => [
    inData(`x: form-data; name="password"\r\nContent-Type: text/plain\r\n\r\n${s}\r\n--b`),
    s,
  ],
  'form control within data': (s) => [inData(`<input name="password" type="text" value="${s}">`), s],
  'variable whose name is a body': (s) => [inData('x', `ARGS_NAMES:{"user":"a","password":"${s}"}`), s],
  'ModSecurity 2 words on the match': (s) => [
    {
      engine: 'modsecurity2',
      matches: [
        {
          ...rule,
          data: `Matched Data: x found within ARGS:passwd: ${s}`,
          match: 'Pattern match "\\"x" at ARGS:passwd.',
        },
      ],
    },
    s,
  ],
  'value in the message': (s) => [
    {
      matches: [
        {
          ...rule,
          message: `Suspicious value ${s}`,
          match: `Matched "Operator \`Rx' with parameter \`x' against variable \`ARGS:password' (Value: \`${s}' )`,
        },
      ],
    },
    s,
  ],
  'name and value in the message': (s) => [{ matches: [{ ...rule, message: `Suspicious password=${s}` }] }, s],
  tag: (s) => [{ matches: [{ ...rule, tags: [`password=${s}`] }] }, s],
  'transaction id': (s) => [{ transactionId: `token=${s}` }, s],
  method: (s) => [{ method: `token=${s}` }, s],
  'host with credentials': (s) => [{ headers: [['Host', `anna:${s}@shop.example.com`]] }, s],
}

/** Long enough not to occur by chance; of the characters that passwords have and that need no quoting where it is planted. */
const secrets = fc.stringMatching(/^Z9[A-Za-z0-9]{8,20}$/)

const leaks = (t: Transaction, forms: readonly string[]): string | undefined => {
  const reasons: Reason[] = []
  const { event } = classify(t, at, { on: true, why: (reason) => void reasons.push(reason) })
  const shown = `${JSON.stringify(event)} ${JSON.stringify(eventJson(event))} ${JSON.stringify(reasons)}`.toLowerCase()
  return forms.find((form) => shown.includes(form.toLowerCase()))
}

for (const [place, plant] of Object.entries(PLACES))
  test(`no secret is left of: ${place}`, () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const [part, ...forms] = plant(secret)
        const t = { ...base, ...part }
        assert.ok(
          forms.some((form) => JSON.stringify(t).includes(form)),
          'the test planted nothing',
        )
        assert.equal(leaks(t, forms), undefined)
        // Nothing may depend on the secret either: equal secrets must not be linkable.
        const [other] = plant(`${secret}Q7`)
        const without = (x: Transaction): string => {
          const { session: _, ...event } = classify(x, at, silent).event
          return JSON.stringify(event)
        }
        assert.equal(without(t), without({ ...base, ...other }))
      }),
      { numRuns: 40 },
    )
  })

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ'
const TOKENS: Readonly<Record<string, string>> = {
  'JSON web token': JWT,
  'first half of a JSON web token': JWT.slice(0, 30),
  'card number': '4111111111111111',
  'card number in groups': '5500 0055 5555 5559',
  'card number with dashes': '3782-822463-10005',
  'card number of 13 digits': '4222222222222',
  'card number of 19 digits': '6304000000000000000',
  'AWS key': 'AKIAIOSFODNN7EXAMPLE',
  'GitHub token': `ghp_${'a1B2'.repeat(9)}`,
  'GitLab token': 'glpat-abcdefghij0123456789',
}

for (const [name, token] of Object.entries(TOKENS))
  test(`recognised by its look: ${name}`, () => {
    const forms = [token, token.replaceAll(' ', '+'), token.replaceAll(' ', '%20')]
    for (const form of forms)
      for (const part of [
        inUri(`/search?q=${form}`),
        inUri(`/search/${form}/x`),
        inUri(`/search?q=a%20${form}%20b`),
        inHeader('X-Anything', token),
        inHeader('Referer', `https://example.org/x?q=${form}&r=1`),
        inHeader('User-Agent', `Agent ${token} end`),
        inData(`Matched Data: x found within ARGS:q: before ${token}, after`),
        inData('x', `ARGS:${token}`),
        { matches: [{ ...rule, message: `seen ${token} here` }] },
      ] as Partial<Transaction>[])
        assert.equal(leaks({ ...base, ...part }, forms), undefined, JSON.stringify(part))
  })

test('where a long text is cut, no half of a secret survives', () => {
  for (let pad = 1000; pad < 2200; pad += 7)
    for (const text of [
      `${'a'.repeat(pad)} 4111111111111111 end`,
      `${'b '.repeat(pad / 2)}password=Z9hunterhunter2 end`,
    ])
      assert.equal(leaks({ ...base, ...inData(text) }, ['41111111', 'Z9hunter']), undefined)
})
