/**
 * Two daemons follow the same rotating log. One is left in peace, the other is killed with -9 again and again.
 * In the end both ledgers must be equal id by id: nothing lost, nothing doubled, no decision that depends on the deaths.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStore } from '../../src/store/open.ts'
import { DaemonProcess, root } from './daemon-process.ts'

const LONG = process.env['RIPOSTE_LONG'] === '1'
const KILLS = LONG ? 50 : 6
const RECORDS = 3000
const RATE = LONG ? 60 : 300
const RECORDING = join(root, 'corpus', 'demo', 'modsec3-json.log.gz')

interface LedgerView {
  readonly events: readonly string[]
  readonly alerts: readonly string[]
  readonly incidents: readonly string[]
  readonly decisions: readonly string[]
  readonly records: number
  readonly rejected: number
}

const look = async (database: string): Promise<LedgerView> => {
  const store = await openStore(database)
  try {
    const limit = 1_000_000
    const tallies = await store.tallies()
    return {
      events: (await store.events({ limit })).map((e) => e.id).sort(),
      alerts: (await store.alerts({ limit })).map((a) => a.id).sort(),
      incidents: (await store.incidents({ limit })).map((i) => `${i.id} ${i.alertCount}`).sort(),
      decisions: (await store.decisions({ limit })).map((d) => `${d.id} ${d.type} ${d.value} ${d.until}`).sort(),
      records: tallies.reduce((sum, t) => sum + t.records, 0),
      rejected: tallies.reduce((sum, t) => sum + Object.values(t.rejected).reduce((a, b) => a + b, 0), 0),
    }
  } finally {
    await store.close()
  }
}

const until = async (done: () => Promise<boolean>, seconds: number) => {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    if (await done()) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Deterministic, so that a failure can be run again. */
const random = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}

test(`${KILLS} times kill -9 under rotation: the ledger is that of an undisturbed run`, {
  timeout: 600_000,
}, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-chaos-'))
  const log = join(dir, 'audit.log')
  const yaml = (database: string) =>
    `state: ${database}\nsensors:\n  - id: chaos\n    sources: [{ file: ${log} }]\n    trustedProxies: [192.0.2.10]\nplaybooks: { enabled: false }\n`
  const calm = new DaemonProcess(dir, 'calm', yaml)
  const harried = new DaemonProcess(dir, 'harried', yaml)
  t.after(async () => {
    await calm.end('SIGKILL')
    await harried.end('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  })
  // Playbooks act by the clock, so what they decide differs from run to run.
  // Both begin with the same session key: hashes of sessions are evidence, and their key is made once per state.
  await calm.start()
  await calm.end('SIGTERM')
  copyFileSync(calm.database, harried.database)
  await calm.start()
  await harried.start()
  const writer = spawn(
    process.execPath,
    [join(root, 'test', 'chaos', 'rotating-writer.ts'), RECORDING, log, String(RATE), '400', String(RECORDS)],
    { stdio: 'inherit' },
  )
  const written = once(writer, 'exit')
  t.after(() => writer.kill('SIGKILL'))

  const next = random(20261122)
  const span = (RECORDS / RATE) * 1000
  for (let kill = 0; kill < KILLS; kill++) {
    await new Promise((resolve) => setTimeout(resolve, (next() * 1.6 * span) / KILLS))
    await harried.end('SIGKILL')
    await harried.start()
  }
  await written
  for (const daemon of [calm, harried]) await until(async () => (await look(daemon.database)).records >= RECORDS, 60)
  await calm.end('SIGTERM')
  await harried.end('SIGTERM')

  const expected = await look(calm.database)
  assert.equal(expected.records, RECORDS, 'the undisturbed run itself lost nothing')
  assert.ok(expected.decisions.length > 0, 'the recording leads to decisions, or this test shows nothing')
  assert.deepEqual(await look(harried.database), expected)
})

for (const point of ['batch.sealed', 'store.rows-written', 'commit.done'])
  test(`death at ${point} neither loses nor doubles`, { timeout: 120_000 }, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'riposte-crash-'))
    const log = join(dir, 'audit.log')
    const daemon = new DaemonProcess(
      dir,
      'one',
      (database) =>
        `state: ${database}\nsensors:\n  - id: crash\n    sources: [{ file: ${log} }]\nplaybooks: { enabled: false }\n`,
    )
    t.after(async () => {
      await daemon.end('SIGKILL')
      rmSync(dir, { recursive: true, force: true })
    })
    const writer = spawn(process.execPath, [
      join(root, 'test', 'chaos', 'rotating-writer.ts'),
      RECORDING,
      log,
      '100',
      '250',
      '600',
    ])
    const written = once(writer, 'exit')
    for (const nth of [3, 2, 2]) {
      await daemon.start({ RIPOSTE_CRASH_AT: `${point}:${nth}` }).catch(() => {})
      await until(async () => daemon.child!.signalCode !== null, 20)
      assert.equal(daemon.child!.signalCode, 'SIGKILL', 'the named point was passed')
    }
    await written
    await daemon.start()
    await until(async () => (await look(daemon.database)).records >= 600, 30)
    await daemon.end('SIGTERM')
    const ledger = await look(daemon.database)
    assert.equal(ledger.records, 600)
    assert.equal(new Set(ledger.events).size, ledger.events.length)
  })
