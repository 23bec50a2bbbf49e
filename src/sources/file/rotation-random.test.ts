/**
 * Histories nobody thought of: a real writer, and renames, copies, cuts, compressions, reopenings and deaths of the
 * reader in random order. Whatever happens, what was written comes out once. A failing seed fails again.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '../../../test/real/seeded.ts'
import { TailReader } from '../../../test/real/tail-reader.ts'
import { startWriter, type Writer } from '../../../test/real/writer-process.ts'
import { createFileSource } from './index.ts'

const SEEDS = process.env['RIPOSTE_LONG'] ? 150 : 8
const STEPS = 30

const shift = (log: string): void => {
  for (let n = STEPS; n >= 1; n--)
    for (const end of ['', '.gz'])
      if (existsSync(`${log}.${n}${end}`)) renameSync(`${log}.${n}${end}`, `${log}.${n + 1}${end}`)
}

const history = async (seed: number, writer: Writer): Promise<void> => {
  const random = seeded(seed)
  const dir = mkdtempSync(join(tmpdir(), 'riposte-random-'))
  const log = join(dir, 'audit.log')
  const reader = new TailReader(
    () =>
      createFileSource({
        paths: [log],
        follow: true,
        chunk: 509,
        timing: { poll: 10, rescan: 150, settle: 60_000, grace: 200, idle: 300, idleAlone: 5000 },
      }),
    { commit: 0.4, kill: 0.03, random: seeded(seed + 1000) },
  )
  const told: string[] = []
  let written = 0
  let up = true
  let held = 0
  let unlinked = false
  const caughtUp = async () => {
    for (let i = 0; i < 1000 && reader.committed.length < written; i++) await sleep(20)
  }
  const command = async (text: string) => {
    told.push(text.replace(dir, ''))
    written = await writer.do(text)
  }
  const acts: (() => Promise<void>)[] = [
    () => command(`write ${1 + Math.floor(random() * 30)} ${Math.floor(random() * 120)}`),
    () => command('write 3'),
    async () => {
      await command(`partial ${Math.floor(random() * 400)}`)
      await sleep(random() * 40)
      await command('rest')
    },
    () => sleep(random() * 80),
    async () => {
      if (!existsSync(log)) return
      told.push('rename')
      shift(log)
      renameSync(log, `${log}.1`)
    },
    async () => {
      if (unlinked && !up) return
      // Nobody can read a deleted file once its writer has let go of it.
      if (unlinked) await caughtUp()
      await command(`open ${log}`)
      held = statSync(log).ino
      unlinked = false
    },
    async () => {
      if (!existsSync(log)) return
      told.push('copytruncate')
      shift(log)
      copyFileSync(log, `${log}.1`)
      truncateSync(log, 0)
    },
    async () => {
      const plain = readdirSync(dir).filter((name) => /^audit\.log\.\d+$/.test(name))
      const name = plain[Math.floor(random() * plain.length)]
      // Only root finds a deleted file again through the process that holds it.
      if (name === undefined || process.getuid?.() !== 0) return
      // A file that was deleted before anybody read a byte of it, and is written to nevertheless, nobody can know of.
      const { ino, size } = statSync(join(dir, name))
      const stillHeld = ino === held
      if (stillHeld && (!up || size === 0)) return
      if (stillHeld) await caughtUp()
      told.push(`gzip ${name}`)
      unlinked ||= stillHeld
      execFileSync('gzip', [join(dir, name)])
    },
    async () => {
      told.push(up ? 'reader down' : 'reader up')
      if (up) await reader.stop()
      else reader.start()
      up = !up
    },
  ]
  try {
    await command(`open ${log}`)
    held = statSync(log).ino
    await command('write 5')
    reader.start()
    await caughtUp()
    for (let step = 0; step < STEPS; step++) await acts[Math.floor(random() * acts.length)]!()
    if (!up) reader.start()
    await caughtUp()
    await sleep(300)
    await reader.stop()
    const numbers = reader.committed.map(({ line }) => JSON.parse(line).n as number)
    const missing = [...Array(written).keys()].filter((n) => !numbers.includes(n))
    assert.deepEqual(
      { missing, doubled: numbers.filter((n, i) => numbers.indexOf(n) !== i), lost: reader.lost },
      { missing: [], doubled: [], lost: 0 },
      `seed ${seed}: ${told.join(', ')}`,
    )
  } catch (error) {
    if (error instanceof Error) error.stack += `\n${reader.items.slice(-60).join('\n')}`
    throw error
  } finally {
    await reader.stop().catch(() => {})
    rmSync(dir, { recursive: true })
  }
}

test('random histories', { concurrency: 4 }, async (t) => {
  const writers: Writer[] = []
  await Promise.all(
    Array.from({ length: SEEDS }, (_, i) =>
      t.test(`seed ${i + 1}`, async () => {
        const writer = writers.pop() ?? startWriter()
        await history(i + 1, writer).finally(async () => {
          await writer.do('reset')
          writers.push(writer)
        })
      }),
    ),
  )
  await Promise.all(writers.map((writer) => writer.stop()))
})
