/** The list in a real nginx with ModSecurity, asked as visitors and as the probe ask. */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { NGINX_PACKAGES, startNginx } from '../../../test/real/nginx.ts'
import { ensurePackages } from '../../../test/real/packages.ts'
import { snippet } from '../../../test/real/snippet.ts'
import { visit } from '../../../test/real/visit.ts'
import { referenceOf } from '../../core/reference.ts'
import { call, delta, entry, hostileEntry, networkText, snapshot } from '../../kit/entry.fixture.ts'
import type { Change } from '../../kit/sink.ts'
import { openLists } from './index.ts'
import { listLines } from './list-text.ts'
import { type Settings, settings } from './settings.ts'

const TOKEN = '0123456789abcdef0123456789abcdef'

const eventually = async (what: string, check: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 200; i++, await sleep(25)) if (await check()) return
  assert.fail(`did not happen: ${what}`)
}

const site = async (t: TestContext, more: (nginxDir: string) => Record<string, unknown> = () => ({})) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-list-'))
  chmodSync(dir, 0o755)
  const [file, throttleFile] = [join(dir, 'banned.conf'), join(dir, 'throttled.conf')]
  for (const path of [file, throttleFile]) writeFileSync(path, '')
  const nginx = await startNginx({
    workers: 2,
    crs: false,
    audit: { engine: 'RelevantOnly' },
    http: `set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;\n${snippet('nginx-list-http.conf', {
      TOKEN,
      '/etc/nginx/riposte/banned.conf': file,
      '/etc/nginx/riposte/throttled.conf': throttleFile,
    })}`,
    serverBlock: snippet('nginx-list-server.conf'),
  })
  t.after(async () => {
    await nginx.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  const doubts: string[] = []
  const open = (over: Record<string, unknown> = {}) => {
    const config: Settings = settings.parse({
      file,
      throttleFile,
      pidFile: join(nginx.dir, 'nginx.pid'),
      minInterval: '1s',
      probe: { url: `${nginx.url}/.riposte/standing`, token: TOKEN },
      ...more(nginx.dir),
      ...over,
    })
    return openLists(config, { clock: Date.now, doubt: (why) => void doubts.push(why) })
  }
  const sink = open()
  return { nginx, file, throttleFile, doubts, open, sink, sync: (change: Change) => sink.sync(change, call()) }
}

const installed = async (t: TestContext): Promise<boolean> => {
  if (await ensurePackages(NGINX_PACKAGES)) return true
  t.skip('nginx is not installed and cannot be')
  return false
}

test('banned addresses and networks are denied with the page, others pass; each is proved through the running nginx', async (t) => {
  if (!(await installed(t))) return
  const { nginx, sink, sync } = await site(t)
  const [host, range, net6, lone6] = [
    entry('203.0.113.7'),
    entry('198.51.100.0/24'),
    entry('2001:db8:1:2::/64'),
    entry('2001:db8::7'),
  ]
  await sync(snapshot([host, range, net6, lone6]))
  const denied = await visit(nginx, '203.0.113.7')
  assert.equal(denied.status, 403)
  assert.equal(denied.headers['x-riposte-reference'], referenceOf(host.id))
  assert.equal(denied.headers['cache-control'], 'no-store')
  assert.match(denied.body, new RegExp(`<code>${referenceOf(host.id)}</code>`))
  for (const client of ['198.51.100.200', '2001:db8:1:2:ffff::1', '2001:db8::7'])
    assert.equal((await visit(nginx, client)).status, 403, client)
  for (const client of ['203.0.113.8', '2001:db8:1:3::1', '2001:db8::8', '127.0.0.1'])
    assert.equal((await visit(nginx, client)).status, 200, client)
  const other = entry('203.0.113.8')
  assert.deepEqual(await sink.verify([host, range, net6, lone6, other], call()), [
    ...['enforced', 'enforced', 'enforced', 'enforced'],
    'absent',
  ])
  assert.deepEqual([...(await sink.held!(call()))].sort(), [host, range, net6, lone6].map((e) => e.value).sort())

  const narrow = entry('198.51.100.255')
  await sync(delta([narrow], [host]))
  assert.equal((await visit(nginx, '203.0.113.7')).status, 200)
  assert.deepEqual(await sink.verify([host, range, narrow], call()), ['absent', 'enforced', 'enforced'])
  const renewed = entry('198.51.100.255')
  await sync(delta([renewed]))
  assert.deepEqual(await sink.verify([narrow, renewed], call()), ['enforced', 'enforced'], 'by the reference of today')
  assert.equal((await visit(nginx, '198.51.100.255')).headers['x-riposte-reference'], referenceOf(renewed.id))
})

test('the banned leave no audit record; the throttled get 429 beyond their rate', async (t) => {
  if (!(await installed(t))) return
  const { nginx, sink, sync } = await site(t)
  const slow = entry('203.0.113.0/24', { type: 'throttle' })
  await sync(snapshot([entry('198.51.100.7'), slow]))
  for (let i = 0; i < 5; i++) assert.equal((await visit(nginx, '198.51.100.7', '/?q=<script>')).status, 403)
  const statuses = []
  for (let i = 0; i < 20; i++) statuses.push((await visit(nginx, `203.0.113.${i}`)).status)
  assert.deepEqual(new Set(statuses), new Set([200, 429]))
  assert.equal(statuses[0], 200)
  for (let i = 0; i < 20; i++)
    assert.deepEqual(await sink.verify([slow], call()), ['enforced'], 'the probe is not slowed')
  assert.equal(readFileSync(nginx.auditLog, 'utf8').split('198.51.100.7').length, 1, 'not once in the audit log')
})

test('the probe tells nobody else about others, and a wrong token is found out', async (t) => {
  if (!(await installed(t))) return
  const { nginx, sync, open } = await site(t)
  await sync(snapshot([entry('203.0.113.7')]))
  const path = '/.riposte/standing?ip=203.0.113.7'
  assert.equal((await visit(nginx, '198.51.100.1', path)).headers['x-riposte-entry'], undefined)
  assert.equal((await visit(nginx, '198.51.100.1', path, { 'x-riposte-token': 'guess' })).status, 204)
  assert.equal((await visit(nginx, '203.0.113.7', '/?ip=198.51.100.1', { 'x-riposte-token': TOKEN })).status, 403)
  let now = Date.now()
  const config = settings.parse({
    file: join(nginx.dir, 'other.conf'),
    probe: { url: `${nginx.url}/.riposte/standing`, token: 'x'.repeat(32) },
  })
  // A clock on which half a minute has passed at every look.
  const sink = openLists(config, { clock: () => (now += 16_000), doubt() {} })
  await assert.rejects(sink.sync(snapshot([]), call()), (error: { code: string; remedy: string }) => {
    assert.equal(error.code, 'NGINX_NOT_RELOADED')
    assert.match(error.remedy, /token/)
    assert.doesNotMatch(JSON.stringify(error), /xxxx/)
    return true
  })
  const elsewhere = open({ probe: { url: `${nginx.url}/`, token: TOKEN } })
  await assert.rejects(elsewhere.sync(snapshot([entry('203.0.113.9')]), call()), { code: 'NGINX_PROBE' })
})

test('reloads are at most one per interval, and none when nginx has the list already', async (t) => {
  if (!(await installed(t))) return
  const { nginx, sync, open } = await site(t)
  const workers = () => nginx.pids().slice(1).join()
  const one = entry('203.0.113.7')
  const started = Date.now()
  await sync(snapshot([one]))
  await sync(delta([entry('203.0.113.8')]))
  await sync(delta([], [entry('203.0.113.8')]))
  assert.ok(Date.now() - started >= 2000, 'two intervals between three reloads')
  const before = workers()
  const again = open()
  await again.sync(snapshot([one]), call())
  assert.equal(workers(), before, 'a daemon that was restarted changes nothing')
  assert.deepEqual(await again.verify([one], call()), ['enforced'])
})

test('drift: edited, emptied, reloaded and restarted by hand', async (t) => {
  if (!(await installed(t))) return
  const { nginx, file, doubts, sink, sync } = await site(t)
  const [one, two] = [entry('203.0.113.7'), entry('203.0.113.8')]
  await sync(snapshot([one, two]))
  await nginx.reload()
  assert.deepEqual(await sink.verify([one], call()), ['enforced'], 'a reload by hand changes nothing')
  assert.deepEqual(doubts, [])

  writeFileSync(file, readFileSync(file, 'utf8').replace(/^203\.0\.113\.7 .*\n/m, '198.51.100.1 allowed;\n'))
  assert.deepEqual([...(await sink.held!(call()))], ['203.0.113.8'])
  assert.match(doubts.join(), /holds what is not ours/)
  writeFileSync(file, '')
  assert.equal((await sink.held!(call())).size, 0)
  await nginx.reload()
  await eventually('let in', async () => (await visit(nginx, '203.0.113.7')).status === 200)
  await eventually('seen', async () => (await sink.verify([one], call()))[0] === 'absent')
  await eventually('doubted', async () => {
    await sink.held!(call())
    return /runs with another list/.test(doubts.join())
  })
  await sync(snapshot([one, two]))
  assert.equal((await visit(nginx, '203.0.113.7')).status, 403)
  assert.deepEqual(await sink.verify([one, two], call()), ['enforced', 'enforced'])
})

test('without a probe new workers are the sign; a list that nginx refuses is taken back', async (t) => {
  if (!(await installed(t))) return
  const { nginx, file, open } = await site(t)
  const blind = open({ probe: undefined })
  const one = entry('203.0.113.7')
  await blind.sync(snapshot([one]), call())
  assert.equal((await visit(nginx, '203.0.113.7')).status, 403)
  assert.deepEqual(await blind.verify([one, entry('203.0.113.8')], call()), ['enforced', 'absent'])
  const unwatched = open({ probe: undefined, pidFile: undefined })
  await unwatched.sync(snapshot([one]), call())
  assert.deepEqual(await unwatched.verify([one], call()), ['unknown'])

  const conf = join(nginx.dir, 'nginx.conf')
  const good = readFileSync(conf, 'utf8')
  const before = readFileSync(file, 'utf8')
  writeFileSync(conf, good.replace('events {', 'no_such_directive on;\nevents {'))
  const careful = open({ test: ['/usr/sbin/nginx', '-t', '-p', nginx.dir, '-c', conf, '-e', join(nginx.dir, 't.log')] })
  await assert.rejects(
    careful.sync(snapshot([one, entry('203.0.113.8')]), call()),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'NGINX_TEST')
      assert.match(error.message, /no_such_directive/)
      return true
    },
  )
  assert.equal(readFileSync(file, 'utf8'), before, 'the old list is in its place')
  writeFileSync(conf, good)
  await careful.sync(snapshot([one, entry('203.0.113.8')]), call())
  assert.equal((await visit(nginx, '203.0.113.8')).status, 403)
})

test('what keeps it from its work is said: no such folder, a pid that is somebody else’s, a command that fails', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-list-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const fails = async (config: Record<string, unknown>, code: string, words: RegExp) =>
    assert.rejects(
      openLists(settings.parse(config), { clock: Date.now, doubt() {} }).sync(snapshot([entry('203.0.113.7')]), call()),
      (error: Error & { code: string; remedy: string }) => {
        assert.equal(error.code, code)
        assert.match(`${error.message} ${error.remedy}`, words)
        return true
      },
    )
  const file = join(dir, 'banned.conf')
  await fails({ file: join(dir, 'none', 'banned.conf') }, 'FILE_NOT_WRITTEN', /Create its folder/)
  writeFileSync(join(dir, 'pid'), String(process.pid))
  await fails({ file, pidFile: join(dir, 'pid') }, 'NGINX_NOT_RUNNING', /names no running nginx/)
  await fails({ file, reload: ['/bin/false'] }, 'NGINX_RELOAD', /not reloaded/)
  await fails({ file, reload: [join(dir, 'none')] }, 'NGINX_RELOAD', /ENOENT/)
  await fails({ file, probe: { url: 'http://127.0.0.1:9/x', token: TOKEN } }, 'PROBE_DOWN', /ECONNREFUSED/)
})

/** What `geo` makes of a file, by nginx's rules: words to a semicolon; a `#` word begins a comment. */
const geoOf = (text: string): ReadonlyMap<string, string> => {
  const words = text
    .replace(/^#.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter(Boolean)
  return new Map(
    words.map((statement) => {
      const [network, value, ...rest] = statement.split(/\s+/)
      assert.equal(rest.length, 0, statement)
      return [network!, value!]
    }),
  )
}

test('hostile entries break nothing: the text reads back as the set, and nginx takes it', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-list-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'banned.conf')
  const all: string[] = []
  await fc.assert(
    fc.asyncProperty(
      fc.array(hostileEntry, { minLength: 5, maxLength: 30 }),
      fc.array(networkText, { maxLength: 1 }),
      async (entries, allow) => {
        const sink = openLists(settings.parse({ file }), { clock: Date.now, doubt() {} })
        await sink.sync(snapshot(entries, allow), call())
        const text = readFileSync(file, 'utf8')
        const geo = new Map(geoOf(text))
        assert.match(geo.get('100::1') ?? '', /^G-[0-9a-f]{16}$/)
        geo.delete('100::1')
        assert.deepEqual(new Set(geo.keys()), await sink.held!(call()))
        for (const [value, reference] of geo)
          assert.ok(entries.some((e) => e.value === value && e.type === 'ban' && referenceOf(e.id) === reference))
        all.push(...[...geo].map(([value, reference]) => `${value} ${reference};`))
      },
    ),
    { numRuns: 60 },
  )
  assert.ok(all.length > 50)
  if (!(await ensurePackages(NGINX_PACKAGES))) return
  const everything = [...listLines(all.map((line) => line.slice(0, -1).split(' ') as [string, string]))]
  const { nginx, sink } = await site(t)
  writeFileSync(join(nginx.dir, 'all.conf'), everything.join('\n'))
  const conf = join(nginx.dir, 'test.conf')
  writeFileSync(
    conf,
    `pid ${nginx.dir}/t.pid; error_log ${nginx.dir}/t.log; events {} http { geo $x { default ""; include ${nginx.dir}/all.conf; } }`,
  )
  const { run } = await import('../../kit/running-server.ts')
  await run(['/usr/sbin/nginx', '-t', '-p', nginx.dir, '-c', conf], { code: 'REFUSED', what: 'refused', remedy: '' })
  await sink.close()
})
