/** The daemon as its users meet it: signals, a second one, commands by hand, a full disk. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { auditLine as line } from '../../scripts/bench/audit-line.ts'
import { bin, DaemonProcess } from '../chaos/daemon-process.ts'

const place = (
  t: TestContext,
): { dir: string; log: string; mounted: string[]; daemon: (name?: string, more?: string) => DaemonProcess } => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-daemon-'))
  const log = join(dir, 'audit.log')
  const started: DaemonProcess[] = []
  const mounted: string[] = []
  t.after(async () => {
    for (const daemon of started) await daemon.end('SIGKILL')
    for (const folder of mounted) spawnSync('umount', ['-l', folder])
    rmSync(dir, { recursive: true, force: true })
  })
  return {
    dir,
    log,
    mounted,
    daemon(name = 'one', more = '') {
      const daemon = new DaemonProcess(
        dir,
        name,
        (database) => `state: ${database}\nsensors:\n  - id: acceptance\n    sources: [{ file: ${log} }]\n${more}`,
      )
      started.push(daemon)
      return daemon
    },
  }
}

const riposte = (...args: string[]) => {
  const run = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
  return { status: run.status, out: run.stdout, err: run.stderr, json: () => JSON.parse(run.stdout) }
}

const eventually = async (what: string, check: () => boolean, seconds = 15): Promise<void> => {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    if (check()) return
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  assert.fail(`not within ${seconds} s: ${what}`)
}

test('an attack in the log becomes a ban with its reason, and `why` leads back to the bytes', async (t) => {
  const { log, daemon } = place(t)
  const one = daemon()
  await one.start()
  appendFileSync(log, line('198.51.100.7', [944150]))
  const bans = () =>
    riposte('decisions', 'list', '--state', one.database, '--json').json() as { value: string; type: string }[]
  await eventually('a ban', () => bans().some((d) => d.value === '198.51.100.7' && d.type === 'ban'))
  const why = riposte('why', '198.51.100.7', '--state', one.database)
  assert.equal(why.status, 0)
  assert.match(why.out, /944150/)
  assert.ok(why.out.includes(log), 'the page names the file and the place of the bytes')
})

test('a second daemon on the same state is refused, and says so', async (t) => {
  const { daemon } = place(t)
  const one = daemon()
  await one.start()
  const second = riposte('serve', '--config', one.config)
  assert.equal(second.status, 2)
  assert.match(second.err, /another riposte daemon/)
  assert.match(second.err, /fix:/)
})

test('SIGTERM commits what was read and ends at once', async (t) => {
  const { log, daemon } = place(t)
  const one = daemon()
  await one.start()
  for (let i = 0; i < 500; i++) appendFileSync(log, line(`198.51.100.${i % 200}`, []))
  await eventually('500 records', () => records(one) === 500)
  appendFileSync(log, line('203.0.113.1', []))
  const began = Date.now()
  await one.end('SIGTERM')
  assert.equal(one.child!.exitCode, 0)
  assert.ok(Date.now() - began < 10_000)
  await one.start()
  await eventually('the record written around the end', () => records(one) === 501)
})

const records = (daemon: DaemonProcess): number =>
  (
    riposte('status', '--state', daemon.database, '--json').json().sensors ??
    riposte('status', '--state', daemon.database, '--json').json().tallies
  ).reduce((sum: number, t: { records: number }) => sum + t.records, 0)

test('SIGHUP takes a good configuration and refuses a faulty one whole', async (t) => {
  const { log, daemon, dir } = place(t)
  const one = daemon()
  await one.start()
  const other = join(dir, 'other.log')
  const good = `state: ${one.database}\nsensors:\n  - id: acceptance\n    sources: [{ file: ${log} }, { file: ${other} }]\n`
  writeFileSync(one.config, `${good}nonsense: true\n`)
  one.child!.kill('SIGHUP')
  await eventually('the refusal in the log', () => one.stderr.includes('configuration not reloaded'))
  // What only the making of a connector finds out must not end the daemon either.
  writeFileSync(
    one.config,
    `${good}connectors: [{ webhook: { url: 'https://soar.example.net/x', tls: { ca: /no/such.pem } } }]\n`,
  )
  one.child!.kill('SIGHUP')
  await eventually('the refusal of the connector', () => one.stderr.includes('connector webhook: cannot read'))
  writeFileSync(one.config, good)
  one.child!.kill('SIGHUP')
  await eventually('the reload in the log', () => one.stderr.includes('configuration reloaded'))
  writeFileSync(other, line('198.51.100.9', []))
  appendFileSync(log, line('198.51.100.9', []))
  await eventually('records of both logs', () => records(one) === 2)
})

test('commands by hand take effect beside the daemon, and survive it', async (t) => {
  const { daemon } = place(t)
  const one = daemon()
  await one.start()
  const add = riposte(
    'decisions',
    'add',
    '203.0.113.77',
    '--type',
    'ban',
    '--duration',
    '2h',
    '--reason',
    'by hand',
    '--state',
    one.database,
  )
  assert.equal(add.status, 0, add.err)
  assert.notEqual(
    riposte('decisions', 'add', '127.0.0.1', '--type', 'ban', '--state', one.database).status,
    0,
    'nobody bans himself',
  )
  assert.equal(riposte('allowlists', 'add', '203.0.113.77', '--reason', 'a partner', '--state', one.database).status, 0)
  const active = () => riposte('decisions', 'list', '--state', one.database, '--json').json() as { value: string }[]
  assert.deepEqual(
    active().map((d) => d.value),
    [],
    'allowlisting withdraws the ban',
  )
  await one.end('SIGKILL')
  await one.start()
  const again = riposte('decisions', 'add', '203.0.113.77', '--type', 'ban', '--state', one.database)
  assert.notEqual(again.status, 0, 'the allowlist outlives the daemon')
})

test('a full disk stops nothing for good: what could not be committed is committed when there is room', async (t) => {
  const { log, daemon, dir, mounted } = place(t)
  const home = join(dir, 'one')
  mkdirSync(home)
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', home])
  if (mount.status !== 0) {
    t.skip('needs the right to mount a small tmpfs')
    return
  }
  mounted.push(home)
  const one = daemon()
  await one.start()
  const ballast = join(home, 'ballast')
  spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1k'])
  for (let i = 0; i < 3000; i++) appendFileSync(log, line(`198.51.100.${i % 250}`, i % 3 === 0 ? [944150] : []))
  await eventually('the complaint in the log', () => one.stderr.includes('commit failed'))
  rmSync(ballast)
  await eventually('all 3,000 records', () => records(one) === 3000, 60)
  assert.equal(one.child!.exitCode, null, 'the daemon lived through it')
})
