/** The real CrowdSec and the real fail2ban, from Debian's packages, unpacked and run in a folder of their own. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePort } from '../../../test/real/loopback.ts'
import { startServerProcess } from '../../../test/real/server-process.ts'
import { unpackedPackage } from '../../../test/real/unpacked.ts'
import { DAY, HOUR, SECOND } from '../../core/time.ts'
import { gather } from './gather.ts'
import { entriesOf, gathered, policy, subjectsOf } from './imported.fixture.ts'
import { openInput } from './input.ts'

const dir = mkdtempSync(join(tmpdir(), 'riposte-sources-'))
after(() => rmSync(dir, { recursive: true, force: true }))

/** Standard output; everything must have gone well. */
const run = (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string => {
  const done = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 60_000 })
  assert.equal(done.status, 0, `${command} ${args.join(' ')}\n${done.stdout}\n${done.stderr}`)
  return done.stdout
}

test('decisions that cscli imported come back from its lists, its API and its database', async (t) => {
  const root = unpackedPackage('crowdsec')
  if (!root) return t.skip('the package crowdsec cannot be had')
  const home = join(dir, 'crowdsec')
  for (const folder of ['conf', 'data', 'hub', 'notifications', 'plugins'])
    mkdirSync(join(home, folder), { recursive: true })
  for (const name of ['profiles.yaml', 'simulation.yaml', 'patterns'])
    cpSync(join(root, 'etc/crowdsec', name), join(home, 'conf', name), { recursive: true })
  writeFileSync(join(home, 'hub', '.index.json'), '{}')
  writeFileSync(join(home, 'conf', 'lapi.yaml'), '')
  const url = `http://127.0.0.1:${await freePort()}`
  const config = join(home, 'conf', 'config.yaml')
  writeFileSync(
    config,
    `common: {daemonize: false, log_media: stdout, log_level: error, working_dir: ${home}}
config_paths: {config_dir: ${home}/conf/, data_dir: ${home}/data/, simulation_path: ${home}/conf/simulation.yaml, hub_dir: ${home}/hub/, index_path: ${home}/hub/.index.json, notification_dir: ${home}/notifications/, plugin_dir: ${home}/plugins/}
cscli: {output: human, color: no}
db_config: {log_level: error, type: sqlite, db_path: ${home}/data/crowdsec.db}
api:
  client: {insecure_skip_verify: true, credentials_path: ${home}/conf/lapi.yaml}
  server: {log_level: error, listen_uri: ${url.slice(7)}, profiles_path: ${home}/conf/profiles.yaml}
prometheus: {enabled: false}
`,
  )
  const cscli = (...args: string[]): string => run(join(root, 'usr/bin/cscli'), ['-c', config, ...args])
  cscli('machines', 'add', 'test', '--password', 'test', '-f', join(home, 'conf', 'lapi.yaml'), '-u', url)
  const server = await startServerProcess(join(root, 'usr/bin/crowdsec'), ['-c', config, '-no-cs'], async () => {
    const answer = await fetch(`${url}/health`).catch(() => undefined)
    return answer?.ok === true
  })
  try {
    writeFileSync(
      join(home, 'in.csv'),
      `duration,scope,value,type,reason
24h,ip,203.0.113.7,ban,crowdsecurity/http-sqli-probing
4h,range,198.51.100.0/24,ban,crowdsecurity/http-probing
48h,ip,2001:db8:1:2::9,captcha,"a ""quoted"", reason"
1h,ip,10.0.0.5,ban,private
`,
    )
    cscli('decisions', 'import', '-i', join(home, 'in.csv'))
    cscli('decisions', 'add', '--scope', 'country', '--value', 'FR', '-d', '3h')
    const key = cscli('bouncers', 'add', 'riposte', '-o', 'raw').trim()
    const asked = async (path: string): Promise<string> =>
      (await fetch(`${url}${path}`, { headers: { 'X-Api-Key': key } })).text()

    const now = Date.now()
    const rules = policy({ now })
    const wanted = ['198.51.100.0/24 ban', '2001:db8:1:2::/64 captcha', '203.0.113.7 ban']
    const ends = [4 * HOUR, 48 * HOUR, 24 * HOUR]
    const sources = {
      'list -o json': await gathered('crowdsec', cscli('decisions', 'list', '-a', '-o', 'json'), rules),
      'list -o raw': await gathered('crowdsec', cscli('decisions', 'list', '-a', '-o', 'raw'), rules),
      LAPI: await gathered('crowdsec', await asked('/v1/decisions'), rules),
      stream: await gathered('crowdsec', await asked('/v1/decisions/stream?startup=true'), rules),
      database: await gather('crowdsec', openInput(join(home, 'data', 'crowdsec.db')), rules),
    }
    for (const [name, found] of Object.entries(sources)) {
      assert.deepEqual(subjectsOf(found), wanted, name)
      assert.equal(found.account.unreadable, 0, name)
      // The stream leaves out what is not by address.
      assert.equal(found.account.refused.get('scope') ?? 0, name === 'stream' ? 0 : 1, name)
      entriesOf(found).forEach(({ until }, i) => {
        assert.ok(Math.abs(until! - now - ends[i]!) < 30 * SECOND, `${name}: ${until! - now}`)
      })
    }
  } finally {
    await server.stop()
  }
})

test('bans of fail2ban come back from its database and from what its client prints', async (t) => {
  const root = unpackedPackage('fail2ban')
  if (!root || !existsSync('/usr/bin/python3')) return t.skip('the package fail2ban, or Python, cannot be had')
  const home = join(dir, 'fail2ban')
  for (const folder of ['filter.d', 'action.d', 'jail.d', 'fail2ban.d'])
    mkdirSync(join(home, 'conf', folder), { recursive: true })
  writeFileSync(
    join(home, 'conf', 'fail2ban.conf'),
    `[DEFAULT]
loglevel = ERROR
logtarget = ${home}/fail2ban.log
syslogsocket = auto
socket = ${home}/socket
pidfile = ${home}/pid
dbfile = ${home}/fail2ban.sqlite3
dbpurgeage = 1d
dbmaxmatches = 10
[Definition]
[Thread]
`,
  )
  writeFileSync(join(home, 'conf', 'filter.d', 'web.conf'), '[Definition]\nfailregex = ^.* denied <HOST>$\n')
  writeFileSync(join(home, 'web.log'), '')
  const jail = (name: string, length: string): string =>
    `[${name}]\nenabled = true\nfilter = web\nbackend = polling\nbantime = ${length}\nlogpath = ${home}/web.log\n`
  writeFileSync(
    join(home, 'conf', 'jail.conf'),
    `[DEFAULT]\nignoreip = 127.0.0.1/8 ::1\n  192.0.2.0/28\n${jail('web', '10m')}${jail('sshd', '-1')}`,
  )
  const env = { PYTHONPATH: join(root, 'usr/lib/python3/dist-packages') }
  const place = ['-c', join(home, 'conf'), '-s', join(home, 'socket'), '-p', join(home, 'pid')]
  const client = (...args: string[]): string =>
    run('/usr/bin/python3', [join(root, 'usr/bin/fail2ban-client'), ...place, ...args], env)
  const ready = async (): Promise<boolean> =>
    spawnSync('/usr/bin/python3', [join(root, 'usr/bin/fail2ban-client'), ...place, 'ping'], {
      env: { ...process.env, ...env },
    }).status === 0
  const server = await startServerProcess(
    '/usr/bin/python3',
    [join(root, 'usr/bin/fail2ban-server'), ...place, '-f', 'start'],
    ready,
    env,
  )
  try {
    client('set', 'web', 'banip', '203.0.113.7', '2001:db8::9', '10.1.2.3')
    client('set', 'sshd', 'banip', '198.51.100.200')
    const banned = (): string => client('banned')
    // Bans are carried out by a thread of their own, some time later.
    for (let waited = 0; !(banned().includes('198.51.100.200') && banned().includes('10.1.2.3')); waited++)
      assert.ok(waited < 50, banned())

    const now = Date.now()
    const rules = policy({ now })
    const web = ['2001:db8::/64 ban', '203.0.113.7 ban']
    const all = ['198.51.100.200 ban', ...web]
    assert.deepEqual(subjectsOf(await gathered('fail2ban', banned(), rules)), all)
    assert.deepEqual(subjectsOf(await gathered('fail2ban', client('status', 'web'), rules)), web)
    assert.deepEqual(subjectsOf(await gathered('fail2ban', client('get', 'web', 'banip'), rules)), web)

    const timed = await gathered('fail2ban', client('get', 'web', 'banip', '--with-time'), rules)
    const database = await gather('fail2ban', openInput(join(home, 'fail2ban.sqlite3')), rules)
    assert.deepEqual(subjectsOf(timed), web)
    assert.deepEqual(subjectsOf(database), all)
    for (const found of [timed, database])
      for (const { value, until, attackClass } of entriesOf(found)) {
        const length = value === '198.51.100.200' ? 365 * DAY : 600 * SECOND
        assert.ok(Math.abs(until! - now - length) < 60 * SECOND, `${value}: ${until! - now}`)
        assert.equal(attackClass, value === '198.51.100.200' ? 'bruteforce' : undefined)
      }
    assert.equal(database.account.shortened, 1)

    const spared = await gather('fail2ban', openInput(join(home, 'conf', 'jail.conf')), rules)
    assert.deepEqual([...spared.harvest.allowances.keys()], ['192.0.2.0/28'])
  } finally {
    await server.stop()
  }
})
