/**
 * `kill -9` between "done" and "written down", at each named point and at random: every step's effect has happened,
 * with the same key however often; no run is stuck; all end as undisturbed ones do.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyCommit } from '../../src/kit/store.ts'
import { openRunEngine } from '../../src/respond/engine.ts'
import { openStore } from '../../src/store/open.ts'
import { seeded } from '../real/seeded.ts'
import { startDesk } from './desk.ts'
import { SILENT } from './house.ts'

const LONG = process.env['RIPOSTE_LONG'] !== undefined
const script = new URL('./house-process.ts', import.meta.url).pathname

const scene = async (t: TestContext, incidents: number) => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-kill-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const desk = await startDesk()
  t.after(() => desk.stop())
  const state = join(dir, 'riposte.db')
  const store = await openStore(state)
  const triggers = Array.from({ length: incidents }, (_, i) => ({
    ...{ kind: 'incident.opened', at: 1_764_200_000_000, severity: 'high', subject: '203.0.113.7' },
    incident: `i-${i}`,
  })) as NonNullable<ReturnType<typeof emptyCommit>['triggers']>
  await store.commit({ ...emptyCommit(Date.now()), triggers })
  await store.close()
  let child: ChildProcess | undefined
  t.after(() => child?.kill('SIGKILL'))
  const start = (env: Record<string, string> = {}): ChildProcess => {
    child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, state, desk.url], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...env },
    })
    return child
  }
  const finish = async (): Promise<void> => {
    const [code] = (await once(start(), 'exit')) as [number | null]
    assert.equal(code, 0, 'all is done in the end')
  }
  const verify = async (): Promise<void> => {
    const wanted = Array.from({ length: incidents }, (_, i) => [`i-${i} one`, `i-${i} two`, `i-${i} three of true`])
    const held = [...desk.held.values()].map(({ about, note }) => `${about} ${note}`)
    assert.deepEqual(held.sort(), wanted.flat().sort(), 'each effect under one key')
    const engine = await openRunEngine({ state, log: SILENT })
    const runs = await engine.runs(1000)
    await engine.stop()
    assert.equal(runs.length, Math.min(incidents, 1000))
    assert.deepEqual([...new Set(runs.map((run) => run.state))], ['done'])
    const left = await openStore(state)
    assert.deepEqual(await left.queued({ limit: 10 }), [])
    await left.close()
  }
  return { desk, start, finish, verify }
}

for (const point of ['trigger.queued', 'run.started', 'action.done', 'run.ended'])
  test(`death at ${point} loses nothing, and changes nothing but the number of attempts`, async (t) => {
    const { start, finish, verify } = await scene(t, 12)
    for (const nth of point.startsWith('run.s') || point === 'action.done' ? [1, 5] : [1]) {
      const [code, signal] = (await once(start({ RIPOSTE_CRASH_AT: `${point}:${nth}` }), 'exit')) as [number, string]
      assert.deepEqual([code, signal], [null, 'SIGKILL'], `${point} is passed`)
    }
    await finish()
    await verify()
  })

test(`killed ${LONG ? 100 : 12} times at random during ${LONG ? 1000 : 120} runs`, async (t) => {
  const { desk, start, finish, verify } = await scene(t, LONG ? 1000 : 120)
  const random = seeded(7)
  for (let i = 0; i < (LONG ? 100 : 12); i++) {
    const child = start()
    const gone = once(child, 'exit')
    const before = desk.arrived.length
    // Kills count while it works, not while it starts.
    for (let n = 0; n < 400 && desk.arrived.length === before && child.exitCode === null; n++) await sleep(10)
    await sleep(random() * 120)
    child.kill('SIGKILL')
    await gone
  }
  await finish()
  await verify()
  t.diagnostic(`${desk.arrived.length} deliveries of ${desk.held.size}`)
})
