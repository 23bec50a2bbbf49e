/**
 * The bouncers' endpoint beside CrowdSec's own (Debian's 1.4.6): the same decisions are made at both, the same requests
 * sent to both, and a bouncer must end up with the same. Where the two differ the difference stands here, with its reason.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { KEY, openEndpoint } from '../real/bouncer-endpoint.ts'
import { startCrowdsec } from '../real/crowdsec.ts'
import { unpackedPackage } from '../real/unpacked.ts'
import { BouncerModel, type Sent, type StreamAnswer, secondsOf, subjectOf } from './bouncer-model.ts'

const AGENT = 'some-bouncer/v1.0'
/** Made and asked one after the other, and ours are whole seconds. */
const SLACK = 4

interface Answer {
  readonly status: number
  readonly type: string | null
  readonly text: string
}

const asker =
  (base: string, key: string | undefined) =>
  async (path: string, method = 'GET'): Promise<Answer> => {
    const headers = { 'user-agent': AGENT, ...(key === undefined ? {} : { 'x-api-key': key }) }
    const answer = await fetch(base + path, { method, headers, redirect: 'manual' })
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
  }

/** Both servers, and what is done to both. */
const pair = async (t: TestContext, keys = 0) => {
  const folder = unpackedPackage('crowdsec')
  if (folder === undefined) return undefined
  const theirs = await startCrowdsec(folder)
  t.after(() => theirs.stop())
  const ours = await openEndpoint(t)
  /** A bouncer of that name at both; its key is the name. */
  const key = (name: string): string => {
    theirs.cscli('bouncers', 'add', name, '-k', name)
    ours.add(name, name)
    return name
  }
  key(KEY)
  const unused = Array.from({ length: keys }, (_, i) => key(`key-${i}`))
  const where = (value: string): string[] => [value.includes('/') ? '--range' : '--ip', value]
  return {
    theirs: { url: theirs.url, ask: asker(theirs.url, KEY) },
    ours: { url: ours.url, ask: asker(ours.url, KEY) },
    key,
    unused,
    ban(value: string, seconds: number, type: 'ban' | 'captcha' = 'ban'): void {
      theirs.cscli('decisions', 'add', ...where(value), '--duration', `${seconds}s`, '--type', type)
      ours.ban(value, seconds, { type, origin: 'cli', scenario: `manual-${type}` })
    },
    lift(value: string): void {
      // By value: `--ip` would take the networks around it, too.
      theirs.cscli('decisions', 'delete', '--value', value)
      ours.lift(value)
    },
    expire: (): void => ours.pass(0),
  }
}

const sameSeconds = (theirs: Listed, ours: Listed, what: string): void => {
  assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort(), what)
  for (const [subject, seconds] of theirs)
    assert.ok(
      Math.abs(ours.get(subject)! - seconds) <= SLACK,
      `${what}: ${subject} ${ours.get(subject)} s for ${seconds} s`,
    )
}

/** Subject → seconds left. */
type Listed = ReadonlyMap<string, number>

const listed = ({ text }: Answer): Listed => {
  const found = new Map<string, number>()
  for (const one of (JSON.parse(text) as readonly Sent[] | null) ?? [])
    found.set(subjectOf(one), Math.max(found.get(subjectOf(one)) ?? 0, secondsOf(one.duration)))
  return found
}

test('a bouncer ends up with what CrowdSec would have given it', async (t) => {
  const both = await pair(t, 15)
  if (!both) return t.skip('the package crowdsec cannot be downloaded')
  const bouncers = { theirs: new BouncerModel(), ours: new BouncerModel() }
  const now = (): number => Date.now() / 1000
  const pull = async (query: string): Promise<void> => {
    for (const side of ['theirs', 'ours'] as const) {
      const answer = await both[side].ask(`/v1/decisions/stream${query}`)
      assert.equal(answer.status, 200)
      bouncers[side].take(JSON.parse(answer.text) as StreamAnswer, now())
    }
  }
  const live = [
    '',
    '?ip=192.0.2.7',
    '?ip=192.0.2.8',
    '?ip=198.51.100.0',
    '?ip=198.51.100.9',
    '?ip=2001:db8::1',
    '?ip=2001:DB8:0:0::1',
    '?ip=2001:db8:1:2::77',
    '?ip=::ffff:192.0.2.7',
    '?ip=192.0.2.7/24',
    '?range=198.51.100.0/24',
    '?range=198.51.100.0/25',
    '?range=198.51.0.0/16',
    '?range=198.51.0.0/16&contains=false',
    '?ip=198.51.100.9&contains=false',
    '?ip=198.51.100.9&contains=true',
    '?range=2001:db8::/32&contains=false',
    '?ip=198.51.100.9&type=captcha',
    '?type=captcha',
    '?type=CAPTCHA',
    '?value=192.0.2.7',
    '?value=nobody',
    '?scopes=range',
    '?origins=cscli',
    '?origins=CSCLI',
    '?origins=crowdsec',
    '?unknown=1',
    '?ip=192.0.2.7&ip=192.0.2.8',
  ]
  const step = async (what: string, act: () => unknown): Promise<void> => {
    await act()
    await pull('')
    sameSeconds(bouncers.theirs.at(now()), bouncers.ours.at(now()), `${what}: the stream`)
    for (const query of live) {
      const theirs = await both.theirs.ask(`/v1/decisions${query}`)
      const ours = await both.ours.ask(`/v1/decisions${query}`)
      assert.deepEqual([ours.status, ours.type], [theirs.status, theirs.type], `${what}: ${query}`)
      assert.equal(ours.text === 'null', theirs.text === 'null', `${what}: ${query} ${ours.text}`)
      sameSeconds(listed(theirs), listed(ours), `${what}: ${query}`)
    }
  }

  await pull('?startup=true')
  await step('nothing yet', () => {})
  await step('a ban', () => both.ban('192.0.2.7', 3600))
  await step('a captcha', () => both.ban('192.0.2.8', 7200, 'captcha'))
  await step('networks', () => {
    both.ban('198.51.100.0/24', 7200)
    both.ban('2001:db8:1:2::/64', 7200)
  })
  await step('IPv6', () => both.ban('2001:db8::1', 600))
  await step('a captcha within a banned network', () => both.ban('198.51.100.9', 600, 'captcha'))
  await step('longer', () => both.ban('192.0.2.7', 10_800))
  await step('shorter', () => both.ban('192.0.2.7', 60))
  await step('lifted', () => both.lift('198.51.100.9'))
  await step('lifted and banned again at once', () => {
    both.lift('192.0.2.7')
    both.ban('192.0.2.7', 1800)
  })
  await step('a network lifted', () => both.lift('198.51.100.0/24'))
  await step('over by itself', async () => {
    both.ban('192.0.2.9', 2)
    await pull('')
    await sleep(2500)
    both.expire()
  })
  await pull('?startup=true')
  await step('started anew', () => {})

  /** The first answer to a key of its own. */
  const first = async (query: string, key = both.unused.pop()!): Promise<readonly [theirs: Listed, ours: Listed]> => {
    const answers: Listed[] = []
    for (const side of ['theirs', 'ours'] as const) {
      const answer = await asker(both[side].url, key)(`/v1/decisions/stream${query}`)
      assert.deepEqual([answer.status, answer.type], [200, 'application/json; charset=utf-8'])
      const body = JSON.parse(answer.text) as StreamAnswer
      assert.deepEqual(Object.keys(body).sort(), ['deleted', 'new'])
      answers.push(listed({ ...answer, text: JSON.stringify(body.new) }))
    }
    return [answers[0]!, answers[1]!]
  }
  for (const query of [
    '?startup=true',
    '?startup=true&startup=false',
    '?startup=true&scopes=ip',
    '?startup=true&scopes=IP,Range',
    '?startup=true&scopes=country',
    '?startup=true&origins=cscli,lists',
    '?startup=true&origins=lists',
    '?startup=true&scenarios_containing=CAPTCHA,none',
    '?startup=true&scenarios_containing=none',
    '?startup=true&scenarios_not_containing=captcha',
    '?startup=true&type=captcha',
    '?startup=true&community_pull=false&additional_pull=false&dedup=false',
  ]) {
    const [theirs, ours] = await first(query)
    sameSeconds(theirs, ours, query)
  }

  for (const [query, why] of [
    [
      '?startup=true&origins=',
      'an empty filter: theirs lets nothing pass, which would disarm a bouncer over an unset variable',
    ],
    ['?startup=true&scopes=', 'as above'],
    ['?startup=true&ip=192.0.2.7', 'the stream is the whole set; no client asks it for one address'],
    ['', 'a key that is used for the first time: theirs gives what came after it was made, we what the client lacks'],
    ['?startup=1', 'as above'],
  ] as const) {
    const [theirs, ours] = await first(query, query.includes('true') ? undefined : both.key(`late-${query.length}`))
    assert.equal(ours.size, 4, `${query} (${why})`)
    assert.ok(theirs.size < 4, `${query} is no difference any more (${why})`)
  }
})

test('what is refused is refused in the same words', async (t) => {
  const both = await pair(t)
  if (!both) return t.skip('the package crowdsec cannot be downloaded')
  const head = ({ status, type, text }: Answer) => ({ status, text, ...(text === '' ? {} : { type }) })
  const without = [undefined, '', 'wrong', 'x'.repeat(600)].flatMap((key) =>
    ['/v1/decisions', '/v1/decisions/stream?startup=true', '/v1/decisions?ip=nonsense'].flatMap((path) =>
      ['GET', 'HEAD'].map(async (method) =>
        assert.deepEqual(
          head(await asker(both.ours.url, key)(path, method)),
          head(await asker(both.theirs.url, key)(path, method)),
          `${method} ${path} with the key ${key}`,
        ),
      ),
    ),
  )
  await Promise.all(without)
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v1/'],
    ['GET', '/v2/decisions'],
    ['GET', '/V1/decisions'],
    ['GET', '//v1/decisions'],
    ['GET', '/v1/metrics'],
    ['GET', '/health'],
    ['HEAD', '/v1/decisions?ip=192.0.2.7'],
    ['HEAD', '/v1/decisions/stream'],
    ['POST', '/v1/decisions'],
    ['POST', '/v1/decisions/stream'],
    ['PUT', '/v1/decisions/stream'],
    ['PATCH', '/v1/decisions'],
    ['OPTIONS', '/v1/decisions'],
  ] as const)
    assert.deepEqual(
      head(await both.ours.ask(path, method)),
      head(await both.theirs.ask(path, method)),
      `${method} ${path}`,
    )

  for (const [method, path, ours, theirs, why] of [
    ['GET', '/v1/decisions?ip=nonsense', 400, 500, 'the fault is the asker’s; the documentation says 400'],
    ['GET', '/v1/decisions?ip=', 400, 500, 'as above'],
    ['GET', '/v1/decisions?range=nonsense', 400, 500, 'as above'],
    ['GET', '/v1/decisions?contains=perhaps', 400, 500, 'as above'],
    ['HEAD', '/health', 200, 405, 'monitors ask so'],
    ['GET', '/v1/decisions/', 404, 301, 'no client asks so'],
    ['GET', '/v1/decisions/7', 404, 405, 'no client asks so'],
    ['DELETE', '/v1/decisions', 405, 401, 'for agents, not for bouncers: decisions are lifted with riposte'],
    ['GET', '/v1/heartbeat', 404, 401, 'for agents'],
    ['GET', '/v1/alerts', 404, 401, 'for agents'],
    ['POST', '/v1/watchers/login', 404, 401, 'for agents'],
    ['POST', '/v1/usage-metrics', 201, 404, 'newer than 1.4.6'],
  ] as const) {
    assert.equal((await both.ours.ask(path, method)).status, ours, `${method} ${path} (${why})`)
    assert.equal((await both.theirs.ask(path, method)).status, theirs, `${method} ${path} is no difference any more`)
  }
})
