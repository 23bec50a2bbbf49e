import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createApprovalLinks } from '../../kit/approval-links.ts'
import type { Approval } from '../../kit/store.ts'
import { openStore } from '../../store/open.ts'
import { createApi } from '../server.ts'
import { approvalRoutes } from './routes.ts'

const NOW = Date.parse('2026-11-27T08:00:00Z')

const scene = async (t: TestContext, changes: Partial<Approval> = {}) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-approval-'))
  const store = await openStore(join(dir, 'riposte.db'))
  let now = NOW
  let base = ''
  const links = createApprovalLinks('key of this installation', () => base)
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const api = await createApi({
    listen: [{ host: '127.0.0.1', port: 0 }],
    log,
    routes: [approvalRoutes({ links, store, clock: () => now })],
  })
  base = api.urls[0]!
  t.after(async () => {
    await api.close()
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  })
  await store.putApproval({
    ...{ id: 'q-1', run: 'run', step: 'sure', playbook: 'ask', ask: 'Ban <b>203.0.113.7</b>?', quorum: 1 },
    ...{ askedAt: NOW, expiresAt: NOW + 60_000, default: 'reject', votes: [], ...changes },
  })
  const get = async (url: string) => {
    const answer = await fetch(url)
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  }
  const press = async (url: string, answer: string) => {
    const done = await fetch(url, { method: 'POST', body: new URLSearchParams({ answer }) })
    return { status: done.status, text: await done.text() }
  }
  const kept = async (): Promise<Approval> => (await store.approvals({ id: 'q-1', limit: 1 }))[0]!
  const pass = (millis: number): void => {
    now += millis
  }
  return { links, get, press, kept, pass }
}

test('looking changes nothing, as often as previews look; one press decides, and a second changes nothing', async (t) => {
  const { links, get, press, kept } = await scene(t)
  const url = links.link({ question: 'q-1' })!
  for (let i = 0; i < 5; i++) {
    const page = await get(url)
    assert.equal(page.status, 200)
    assert.match(page.text, /<form method="post">/)
    assert.match(page.text, /Ban &lt;b&gt;203\.0\.113\.7&lt;\/b&gt;\?/)
  }
  assert.equal((await fetch(url, { method: 'HEAD' })).status, 404)
  assert.deepEqual((await kept()).votes, [])
  assert.match((await press(url, 'approve')).text, /Approved/)
  assert.match((await press(url, 'reject')).text, /Approved/)
  const { outcome, votes } = await kept()
  assert.deepEqual([outcome, votes.map(({ by, approve }) => [by, approve])], ['approved', [['link', true]]])
  assert.doesNotMatch((await get(url)).text, /<form/)
})

test('the page is let nothing in and tells nobody its address', async (t) => {
  const { links, get } = await scene(t)
  const { headers } = await get(links.link({ question: 'q-1' })!)
  assert.equal(headers.get('referrer-policy'), 'no-referrer')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.match(headers.get('content-security-policy')!, /default-src 'none'.*frame-ancestors 'none'/)
})

test('a quorum needs as many links: each is one voice, and votes once', async (t) => {
  const { links, get, press, kept } = await scene(t, { quorum: 2 })
  const [ann, bob] = ['ann', 'bob'].map((person) => links.link({ question: 'q-1', person })!)
  assert.notEqual(ann, bob)
  assert.match((await get(ann!)).text, /of ann\. 2 must approve, 0 did\./)
  for (let i = 0; i < 3; i++) assert.match((await press(ann!, 'approve')).text, /Your answer is counted/)
  assert.equal((await kept()).outcome, undefined)
  assert.match((await press(bob!, 'approve')).text, /Approved/)
  assert.deepEqual(
    (await kept()).votes.map(({ by }) => by),
    ['link:ann', 'link:bob'],
  )
})

test('a link holds no longer than its question', async (t) => {
  const { links, get, press, kept, pass } = await scene(t)
  const url = links.link({ question: 'q-1' })!
  pass(60_001)
  assert.equal((await get(url)).status, 410)
  assert.equal((await press(url, 'approve')).status, 410)
  assert.deepEqual((await kept()).votes, [])
})

test('a link that was not made here, or for another question or person, is none', async (t) => {
  const { links, get, press, kept } = await scene(t)
  const url = links.link({ question: 'q-1' })!
  const stranger = createApprovalLinks('another key', () => new URL(url).origin)
  for (const wrong of [
    stranger.link({ question: 'q-1' })!,
    url.slice(0, -1),
    `${url.slice(0, -1)}${url.endsWith('A') ? 'B' : 'A'}`,
    url.replace('/-/', '/ann/'),
    url.replace('/q-1/', '/q-2/'),
    links.link({ question: 'q-none' })!,
  ]) {
    assert.equal((await get(wrong)).status, 404, wrong)
    assert.equal((await press(wrong, 'approve')).status, 404, wrong)
  }
  assert.deepEqual((await kept()).votes, [])
})

test('what is neither yes nor no, or no form, is no answer', async (t) => {
  const { links, press, kept } = await scene(t)
  const url = links.link({ question: 'q-1' })!
  await press(url, 'perhaps')
  assert.equal((await fetch(url, { method: 'POST', body: '{"answer":"approve"}' })).status, 415)
  assert.equal((await press(url, 'x'.repeat(5000))).status, 413)
  assert.deepEqual((await kept()).votes, [])
})

test('without an address of our own there is no link', () => {
  assert.equal(createApprovalLinks('key', () => undefined).link({ question: 'q-1' }), undefined)
})
