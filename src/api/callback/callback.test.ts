import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Command } from '../../core/act.ts'
import { Failure } from '../../core/failure.ts'
import { Secret } from '../../kit/secret.ts'
import type { Approval } from '../../kit/store.ts'
import { createApi } from '../server.ts'
import { type CallbackToken, callbackRoutes } from './routes.ts'
import { SCOPES } from './verbs.ts'

const ALL = 'marked-secret-token-of-soar'
const LITTLE = 'marked-secret-token-of-tickets'
const TOKENS: readonly CallbackToken[] = [
  { name: 'soar', token: new Secret(ALL), may: SCOPES },
  { name: 'tickets', token: new Secret(LITTLE), may: ['annotate'] },
]

const scene = async (t: TestContext, tokens: readonly CallbackToken[] = TOKENS) => {
  const asked: { readonly command: Command; readonly by: string }[] = []
  const votes: unknown[] = []
  const started: unknown[] = []
  let answer: { ok: boolean; text: string } | undefined = { ok: true, text: 'done so' }
  const said: string[] = []
  const line = (fields: object, message: string): void => void said.push(`${message} ${JSON.stringify(fields)}`)
  const api = await createApi({
    listen: [{ host: '127.0.0.1', port: 0 }],
    log: { debug: line, info: line, warn: line, error: line },
    routes: [
      callbackRoutes({
        tokens: () => tokens,
        clock: () => 7,
        patience: 200,
        start: async (order) => {
          if (order.playbook === 'nobody') throw new Failure('NOT_FOUND', 'there is no playbook "nobody"')
          started.push(order)
        },
        log: { debug: line, info: line, warn: line, error: line },
        store: {
          ask: async (command, by) => asked.push({ command, by }),
          answer: async () => answer,
          approvals: async () => [],
          async vote(...vote) {
            votes.push(vote)
            return vote[0] === 'q-1' ? ({ quorum: 2, votes: [{}] } as unknown as Approval) : undefined
          },
        },
      }),
    ],
  })
  t.after(() => api.close())
  const post = async (verb: string, body: unknown, token = ALL) => {
    const done = await fetch(`${api.urls[0]}/api/callback/${verb}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: done.status, json: (await done.json().catch(() => ({}))) as Record<string, unknown> }
  }
  const answers = (next: typeof answer): void => {
    answer = next
  }
  return { asked, votes, started, said, post, answers }
}

test('each verb becomes the command that it says, in the name of its token', async (t) => {
  const { post, asked, votes } = await scene(t)
  assert.deepEqual(await post('ban', { value: '203.0.113.7', duration: '2h', reason: 'seen elsewhere' }), {
    status: 200,
    json: { ok: true, text: 'done so' },
  })
  await post('unban', { value: '203.0.113.0/24', reason: 'a customer' })
  await post('annotate', { incident: 'i-1', text: 'the pentest' })
  await post('close', { incident: 'i-1', reason: 'the pentest' })
  assert.deepEqual(asked, [
    {
      by: 'callback:soar',
      command: {
        kind: 'decision.add',
        type: 'ban',
        value: '203.0.113.7',
        duration: 7_200_000,
        reason: 'seen elsewhere',
      },
    },
    { by: 'callback:soar', command: { kind: 'decision.remove', value: '203.0.113.0/24', reason: 'a customer' } },
    { by: 'callback:soar', command: { kind: 'incident.note', id: 'i-1', text: 'the pentest' } },
    { by: 'callback:soar', command: { kind: 'incident.close', id: 'i-1', reason: 'the pentest' } },
  ])
  assert.deepEqual((await post('approve', { question: 'q-1' })).json, { ok: true, text: '1 of 2' })
  assert.equal((await post('reject', { question: 'q-2' })).status, 409)
  assert.deepEqual(votes, [
    ['q-1', 'callback:soar', true, 7],
    ['q-2', 'callback:soar', false, 7],
  ])
})

test('a token may do what it may, and nothing else; who has none is told nothing', async (t) => {
  const { post, asked, votes, said } = await scene(t)
  assert.equal((await post('annotate', { incident: 'i-1', text: 'x' }, LITTLE)).status, 200)
  for (const verb of ['ban', 'unban', 'close', 'approve', 'reject']) {
    const { status, json } = await post(verb, {}, LITTLE)
    assert.deepEqual(
      [status, json['error']],
      [403, `this token may not ${verb.replace('reject', 'approve')}; it may annotate`],
    )
    for (const token of ['', 'nobody', `${ALL}x`, ALL.slice(1)]) assert.equal((await post(verb, {}, token)).status, 401)
  }
  assert.deepEqual([asked.length, votes.length], [1, 0])
  assert.ok(said.length > 0)
  assert.ok(!said.join().includes('marked-secret'))
})

test('a playbook is started, with what it is about and variables; an unknown one is refused in words', async (t) => {
  const { post, started } = await scene(t)
  const body = { playbook: 'respond', about: 'i-1', vars: { days: 7 } }
  assert.deepEqual((await post('run', body)).json, { ok: true, text: 'respond is queued' })
  assert.deepEqual(started, [body])
  assert.deepEqual(await post('run', { playbook: 'nobody' }), {
    status: 409,
    json: { ok: false, text: 'there is no playbook "nobody"' },
  })
  assert.equal((await post('run', { about: 'i-1' })).status, 400)
  assert.equal((await post('run', body, LITTLE)).status, 403)
  assert.equal(started.length, 1)
})

test('a body that is wrong is told where, and nothing is done', async (t) => {
  const { post, asked } = await scene(t)
  const { status, json } = await post('ban', { value: 'localhost', duration: 'soon', more: 1 })
  assert.equal(status, 400)
  assert.match(String(json['problems']), /value: an address.*duration: .*reason: .*body: .*more/)
  assert.equal((await post('ban', '{"value":')).status, 400)
  assert.equal((await post('annotate', { incident: 'i-1', text: 'x'.repeat(20_000) })).status, 413)
  assert.equal(asked.length, 0)
})

test('what a guard refuses is 409 with its reason; a daemon that does not come to it is 504', async (t) => {
  const { post, answers } = await scene(t)
  answers({ ok: false, text: '10.0.0.1 is private' })
  const body = { value: '10.0.0.1', reason: 'x' }
  assert.deepEqual(await post('ban', body), { status: 409, json: { ok: false, text: '10.0.0.1 is private' } })
  answers(undefined)
  assert.equal((await post('ban', body)).status, 504)
})

test('where nobody is named nothing is taken', async (t) => {
  const { post } = await scene(t, [])
  assert.equal((await post('ban', {})).status, 404)
})
