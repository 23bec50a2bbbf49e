/**
 * Real nginx with libmodsecurity3 and CRS, real load, real logrotate. The truth is nginx's own access log, which is not
 * rotated: every transaction that it names must come out of the file source exactly once.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, glob, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { createFileSource } from '../../src/sources/file/index.ts'
import { LOAD_PACKAGES, load } from './load.ts'
import { NGINX_PACKAGES, startNginx, type WafServer } from './nginx.ts'
import { ensurePackages } from './packages.ts'
import { seeded } from './seeded.ts'
import { CALM, type Habits, TailReader } from './tail-reader.ts'

const run = promisify(execFile)
const PACKAGING = new URL('../../packaging/logrotate/', import.meta.url).pathname
const SECONDS = 6

/** Dies now and then, and commits when it likes: what is committed must nevertheless be everything, once. */
const mortal = (): Habits => ({ commit: 0.5, kill: 0.01, random: seeded(1) })

interface Outcome {
  readonly reader: TailReader
  readonly answered: readonly string[]
  readonly delivered: readonly string[]
  /** In some file, rotated or not, when all was over. */
  readonly onDisk: ReadonlySet<string>
  readonly missing: readonly string[]
  readonly doubled: readonly string[]
}

const under = async (habits: Habits, stanza: (waf: WafServer) => Promise<string>): Promise<Outcome> => {
  const waf = await startNginx({ upstream: 'static', workers: 2, accessFormat: 'combined', errorLevel: 'error' })
  const reader = new TailReader(
    () =>
      createFileSource({
        paths: [waf.auditLog],
        follow: true,
        timing: { rescan: 500, grace: 1000, settle: 1000, idle: 2000 },
      }),
    habits,
  )
  try {
    const conf = join(waf.dir, 'logrotate.conf')
    await writeFile(conf, await stanza(waf), { mode: 0o644 })
    reader.start()
    const traffic = load(waf.url, SECONDS)
    for (let i = 0; i < 3; i++) {
      await sleep((SECONDS * 1000) / 4)
      await run('logrotate', ['-f', '-s', join(waf.dir, 'logrotate.state'), conf])
    }
    await traffic
    // What wrk left behind is still being answered.
    await sleep(500)
    const answered = (await readFile(waf.accessLog, 'latin1')).match(/load\/\d+-\d+(?="\n)/g) ?? []
    for (let i = 0; i < 100 && reader.committed.length < answered.length; i++) await sleep(50)
    await sleep(700)
    await reader.stop()
    const delivered = reader.committed.map(({ line }) => nameOf(line))
    const seen = new Set<string>()
    const doubled = delivered.filter((name) => seen.size === seen.add(name).size)
    const missing = answered.filter((name) => !seen.has(name))
    return { reader, answered, delivered, onDisk: await namesIn(`${waf.auditLog}*`), missing, doubled }
  } finally {
    await reader.stop().catch(() => {})
    await waf.stop()
  }
}

const nameOf = (line: string): string => JSON.parse(line).transaction.request.headers['User-Agent'] as string

const namesIn = async (pattern: string): Promise<Set<string>> => {
  const names = new Set<string>()
  for await (const path of glob(pattern)) {
    const bytes = await readFile(path)
    const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
    for (const line of text.split('\n')) if (line !== '') names.add(nameOf(line))
  }
  return names
}

const report = (t: TestContext, o: Outcome): void => {
  t.diagnostic(
    `${o.answered.length} answered, ${o.delivered.length} delivered, ${o.missing.length} missing, ${o.doubled.length} doubled, ` +
      `${o.onDisk.size} on disk, ${o.reader.restarts} restarts of the reader`,
  )
}

test('rotation by logrotate under load', async (t) => {
  if (!(await ensurePackages([...NGINX_PACKAGES, ...LOAD_PACKAGES, 'logrotate'])))
    return t.skip('nginx, libmodsecurity3, CRS, wrk or logrotate is not installed and cannot be')

  await t.test('rename and reopen, as Debian ships it: the WAF goes on in the renamed file for ever', async (t) => {
    const o = await under(
      mortal(),
      async (waf) => `${waf.auditLog} {
      rotate 14
      compress
      delaycompress
      notifempty
      create 0640 www-data adm
      postrotate
        kill -USR1 ${waf.pids()[0]}
      endscript
    }`,
    )
    report(t, o)
    assert.ok(o.answered.length > 300)
    assert.deepEqual([o.missing, o.doubled], [[], []])
    assert.ok(o.reader.findings.some((f) => f.code === 'waf.writes_to_rotated_file'))
  })

  await t.test('rename, reopen and compress at once: the WAF goes on in a file that has been deleted', async (t) => {
    const o = await under(
      mortal(),
      async (waf) => `${waf.auditLog} {
      rotate 2
      compress
      ifempty
      create 0640 www-data adm
      postrotate
        kill -USR1 ${waf.pids()[0]}
      endscript
    }`,
    )
    report(t, o)
    assert.ok(o.answered.length > 300)
    assert.deepEqual([o.missing, o.doubled], [[], []])
    assert.ok(o.onDisk.size < o.answered.length, 'the files alone do not have them all')
    assert.ok(o.reader.findings.some((f) => f.code === 'waf.writes_to_deleted_file'))
  })

  await t.test('copytruncate as it is: nothing that any file has is lost or doubled', async (t) => {
    const o = await under(
      CALM,
      async (waf) => `${waf.auditLog} {
      rotate 14
      copytruncate
      notifempty
    }`,
    )
    report(t, o)
    assert.ok(o.answered.length > 300)
    // What logrotate cuts off between its copy and its cut can only be had by reading it in that instant.
    assert.deepEqual(
      o.missing.filter((name) => o.onDisk.has(name)),
      [],
    )
    assert.deepEqual(o.doubled, [])
  })

  await t.test('the stanza that we ship: 0 lost, 0 doubled, and the files are complete too', async (t) => {
    const o = await under(mortal(), async (waf) => {
      const lock = join(waf.dir, 'audit-log-lock')
      await copyFile(join(PACKAGING, 'audit-log-lock'), lock)
      const shipped = await readFile(join(PACKAGING, 'riposte-modsec'), 'utf8')
      const stanza = shipped
        .replace(/^\/\S.*\{$/m, `${waf.auditLog} {`)
        .replaceAll('/usr/lib/riposte/audit-log-lock', lock)
      assert.ok(stanza.includes(waf.auditLog) && stanza.includes(lock))
      return stanza
    })
    report(t, o)
    assert.ok(o.answered.length > 300)
    assert.deepEqual([o.missing, o.doubled], [[], []])
    assert.equal(o.onDisk.size, o.answered.length)
    assert.ok(!o.reader.findings.some((f) => f.code.startsWith('waf.')))
  })
})
