/**
 * Every way in which a log can be rotated under a reader, against a real writer process. Each case runs three times:
 * with a reader that never falters, with one that is killed between items and commits only now and then (in chunks so
 * small that they end within lines), and with one that was down while it happened. Each time: 0 lost, 0 doubled, in order.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { seeded } from '../../../test/real/seeded.ts'
import { CALM, type Habits, TailReader } from '../../../test/real/tail-reader.ts'
import { startWriter, type Writer } from '../../../test/real/writer-process.ts'
import { createFileSource } from './index.ts'

interface Scene {
  readonly dir: string
  readonly log: string
  readonly writer: Writer
  readonly reader: TailReader
  /** Lets the reader look at what there is now. In the third run it is down and sees nothing. */
  glance(): Promise<void>
  /** Waits until every line written so far has been committed; does nothing while the reader is down. */
  caughtUp(): Promise<void>
}

interface Case {
  readonly name: string
  /** What the reader is told to read; the log itself unless given. */
  paths?(dir: string): string[]
  archives?(dir: string): string[]
  /** Before the reader may go down. */
  before?(scene: Scene): Promise<void>
  /** What happens to the log. */
  act(scene: Scene): Promise<void>
  /** When the reader is up again. */
  after?(scene: Scene): Promise<void>
  readonly findings?: readonly string[]
  /** Which runs make sense; all unless given. */
  readonly runs?: readonly Run[]
}

type Run = 'steady' | 'killed' | 'down'

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))
const gzip = (path: string) => execFileSync('gzip', [path])
const copytruncate = (log: string, copy: string) => {
  copyFileSync(log, copy)
  truncateSync(log, 0)
}

const CASES: readonly Case[] = [
  {
    name: 'it grows',
    act: async ({ writer, glance }) => {
      for (let i = 0; i < 5; i++) {
        await writer.do('write 20')
        await glance()
      }
    },
  },
  {
    name: 'it appears later, and its folder too',
    paths: (dir) => [join(dir, 'later', 'audit.log')],
    before: async ({ glance }) => glance(),
    act: async ({ dir, writer, glance }) => {
      mkdirSync(join(dir, 'later'))
      await glance()
      await writer.do(`open ${join(dir, 'later', 'audit.log')}`)
      await glance()
      await writer.do('write 20')
    },
  },
  {
    name: 'the last line is half written for a while',
    act: async ({ writer, glance }) => {
      await writer.do('write 5')
      await writer.do('partial 300')
      await glance()
      await writer.do('rest')
      await writer.do('write 5')
    },
  },
  {
    name: 'the first line is half written for a while',
    before: async () => {},
    act: async ({ writer, log, glance }) => {
      await writer.do(`open ${log}`)
      await writer.do('partial 300')
      await glance()
      await writer.do('rest')
      await writer.do('write 5')
    },
  },
  {
    name: 'rename, the writer reopens at once',
    act: async ({ writer, log }) => {
      await writer.do('write 7')
      renameSync(log, `${log}.1`)
      await writer.do(`open ${log}`)
      await writer.do('write 30')
    },
  },
  {
    name: 'rename, the writer never reopens',
    act: async ({ writer, log, glance }) => {
      await writer.do('write 7')
      renameSync(log, `${log}.1`)
      await writer.do('write 9')
      await glance()
      await writer.do('write 11')
    },
    after: async ({ writer }) => {
      await pause(400)
      await writer.do('write 10')
    },
    findings: ['waf.writes_to_rotated_file'],
  },
  {
    name: 'rename and create, the writer never reopens',
    act: async ({ writer, log, glance }) => {
      renameSync(log, `${log}.1`)
      writeFileSync(log, '')
      await writer.do('write 9')
      await glance()
      await writer.do('write 9')
    },
    after: async ({ writer }) => {
      await pause(400)
      await writer.do('write 10')
    },
    findings: ['waf.writes_to_rotated_file'],
  },
  {
    name: 'rename, the writer reopens after a while',
    act: async ({ writer, log, glance }) => {
      renameSync(log, `${log}.1`)
      await writer.do('write 9')
      await glance()
      await writer.do('write 9')
      await writer.do(`open ${log}`)
      await writer.do('write 9')
    },
  },
  {
    name: 'rename within a line, which is completed under the new name',
    act: async ({ writer, log, glance }) => {
      await writer.do('partial 200')
      await glance()
      renameSync(log, `${log}.1`)
      await glance()
      await writer.do('rest')
      await writer.do('write 3')
      await writer.do(`open ${log}`)
      await writer.do('write 9')
    },
  },
  {
    name: 'copytruncate',
    act: async ({ writer, log }) => {
      await writer.do('write 40')
      copytruncate(log, `${log}.1`)
      await writer.do('write 10')
    },
  },
  {
    name: 'copytruncate, refilled beyond the old size between two looks',
    act: async ({ writer, log }) => {
      await writer.do('write 4')
      copytruncate(log, `${log}.1`)
      await writer.do('write 400 200')
    },
  },
  {
    name: 'copytruncate, refilled to exactly the old size',
    before: async ({ writer, log, caughtUp }) => {
      await writer.do(`open ${log}`)
      await writer.do('write 10 20')
      await caughtUp()
    },
    act: async ({ writer, log }) => {
      const size = statSync(log).size
      copytruncate(log, `${log}.1`)
      await writer.do('write 10 19')
      assert.equal(statSync(log).size, size)
    },
    after: async ({ writer, glance }) => {
      await glance()
      await writer.do('write 5')
    },
  },
  {
    name: 'copytruncate, the copy is compressed at once',
    act: async ({ writer, log }) => {
      await writer.do('write 40')
      copytruncate(log, `${log}.1`)
      gzip(`${log}.1`)
      await writer.do('write 10')
    },
  },
  {
    name: 'copytruncate, the copy goes to another folder',
    archives: (dir) => [join(dir, 'old', '*')],
    act: async ({ writer, dir, log }) => {
      await writer.do('write 40')
      mkdirSync(join(dir, 'old'))
      copytruncate(log, join(dir, 'old', 'audit.log.1'))
      await writer.do('write 10')
    },
  },
  {
    name: 'copytruncate twice',
    act: async ({ writer, log, glance }) => {
      await writer.do('write 40')
      copytruncate(log, `${log}.1`)
      await writer.do('write 30')
      await glance()
      await writer.do('write 30')
      renameSync(`${log}.1`, `${log}.2`)
      copytruncate(log, `${log}.1`)
      await writer.do('write 30')
    },
  },
  {
    name: 'copytruncate within a line',
    act: async ({ writer, log, glance, caughtUp }) => {
      await writer.do('write 10')
      await caughtUp()
      await glance()
      copytruncate(log, `${log}.1`)
      await writer.do('partial 500')
      await glance()
      await writer.do('rest')
      await writer.do('write 3')
    },
  },
  {
    name: 'copytruncate under a writer that does not append, which leaves a hole',
    before: async ({ writer, log, caughtUp }) => {
      await writer.do(`open ${log} noappend`)
      await writer.do('write 5')
      await caughtUp()
    },
    act: async ({ writer, log }) => {
      await writer.do('write 5')
      copytruncate(log, `${log}.1`)
      await writer.do('write 300')
    },
  },
  {
    name: 'cut to nothing without a copy after everything was read',
    runs: ['steady', 'killed'],
    act: async ({ writer, log, caughtUp }) => {
      await caughtUp()
      await pause(150)
      truncateSync(log, 0)
      await writer.do('write 3')
    },
  },
  {
    name: 'deleted, the writer keeps it and reopens later',
    act: async ({ writer, log, glance }) => {
      await writer.do('write 10')
      unlinkSync(log)
      await writer.do('write 10')
      await glance()
      await writer.do('write 10')
    },
    after: async ({ writer, log, caughtUp }) => {
      await caughtUp()
      await writer.do(`open ${log}`)
      await writer.do('write 10')
    },
  },
  {
    name: 'deleted, the writer keeps it for ever',
    act: async ({ writer, log }) => {
      unlinkSync(log)
      await writer.do('write 10')
    },
    after: async ({ writer }) => {
      await pause(400)
      await writer.do('write 10')
    },
    findings: ['waf.writes_to_deleted_file'],
  },
  {
    name: 'renamed, compressed and deleted, the writer keeps it for ever',
    act: async ({ writer, log, glance }) => {
      await writer.do('write 10')
      renameSync(log, `${log}.1`)
      await glance()
      gzip(`${log}.1`)
      await writer.do('write 10')
    },
    after: async ({ writer }) => {
      await pause(400)
      await writer.do('write 10')
    },
    findings: ['waf.writes_to_deleted_file'],
  },
  {
    name: 'deleted and written anew, perhaps with the same inode',
    runs: ['steady', 'down'],
    before: async ({ writer, log, caughtUp }) => {
      await writer.do(`open ${log}`)
      await writer.do('write 30')
      await caughtUp()
    },
    act: async ({ writer, log }) => {
      await writer.do('close')
      unlinkSync(log)
      await writer.do(`open ${log}`)
      await writer.do('write 60')
    },
  },
  {
    name: 'rotated twice by renaming',
    act: async ({ writer, log }) => {
      await writer.do('write 7')
      for (let i = 0; i < 2; i++) {
        if (existsSync(`${log}.1`)) renameSync(`${log}.1`, `${log}.2`)
        renameSync(log, `${log}.1`)
        await writer.do(`open ${log}`)
        await writer.do('write 7')
      }
    },
  },
  {
    name: 'rotated twice, the older one compressed',
    act: async ({ writer, log }) => {
      await writer.do('write 7')
      renameSync(log, `${log}.1`)
      await writer.do(`open ${log}`)
      await writer.do('write 50')
      renameSync(`${log}.1`, `${log}.2`)
      gzip(`${log}.2`)
      renameSync(log, `${log}.1`)
      await writer.do(`open ${log}`)
      await writer.do('write 7')
    },
  },
  {
    name: 'rotated three times, all but one compressed',
    act: async ({ writer, log }) => {
      for (let i = 1; i <= 3; i++) {
        await writer.do('write 30 400')
        renameSync(log, `${log}-2026112${i}`)
        await writer.do(`open ${log}`)
        if (i < 3) gzip(`${log}-2026112${i}`)
      }
      await writer.do('write 7')
    },
  },
  {
    name: 'rotated with the date before the extension',
    act: async ({ writer, dir, log }) => {
      for (let i = 1; i <= 2; i++) {
        await writer.do('write 30')
        renameSync(log, join(dir, `audit-2026112${i}.log`))
        await writer.do(`open ${log}`)
      }
      await writer.do('write 7')
    },
  },
  {
    name: 'an older generation that was there before is not read',
    before: async ({ writer, log, caughtUp }) => {
      writeFileSync(`${log}.1`, '{"n":"history"}\n')
      writeFileSync(`${log}.2`, '{"n":"older history"}\n')
      gzip(`${log}.2`)
      await pause(20)
      await writer.do(`open ${log}`)
      await writer.do('write 5')
      await caughtUp()
    },
    act: async ({ writer, log }) => {
      renameSync(`${log}.2.gz`, `${log}.3.gz`)
      renameSync(`${log}.1`, `${log}.2`)
      gzip(`${log}.2`)
      renameSync(log, `${log}.1`)
      await writer.do(`open ${log}`)
      await writer.do('write 7')
    },
  },
  {
    name: 'a symbolic link is pointed at another file',
    before: async ({ writer, dir, log, caughtUp }) => {
      symlinkSync(join(dir, 'a.real'), log)
      await writer.do(`open ${log}`)
      await writer.do('write 5')
      await caughtUp()
    },
    act: async ({ writer, dir, log }) => {
      await writer.do('write 5')
      symlinkSync(join(dir, 'b.real'), `${log}.new`)
      renameSync(`${log}.new`, log)
      await writer.do(`open ${log}`)
      await writer.do('write 9')
    },
  },
  {
    name: 'a pattern, and a new file that fits it',
    paths: (dir) => [join(dir, '*.log')],
    act: async ({ writer, dir, glance }) => {
      await writer.do('write 9')
      await writer.do(`open ${join(dir, 'second.log')}`)
      await writer.do('write 9')
      await glance()
      await writer.do(`open ${join(dir, 'third.log')}`)
      await writer.do('write 9')
    },
  },
  {
    name: 'a pattern that also fits rotated names',
    paths: (dir) => [join(dir, 'audit.log*')],
    act: async ({ writer, log, glance }) => {
      for (let i = 1; i <= 3; i++) {
        await writer.do('write 9')
        if (existsSync(`${log}.2`)) renameSync(`${log}.2`, `${log}.3`)
        if (existsSync(`${log}.1`)) renameSync(`${log}.1`, `${log}.2`)
        renameSync(log, `${log}.1`)
        await writer.do('write 2')
        await glance()
        await writer.do(`open ${log}`)
        await writer.do('write 9')
      }
    },
  },
  {
    name: 'one line of 10 MB',
    act: async ({ writer }) => {
      await writer.do('write 2')
      await writer.do(`write 1 ${10 * 1024 * 1024}`)
      await writer.do('write 2')
    },
    runs: ['steady', 'down'],
  },
  {
    name: 'renamed away and back',
    act: async ({ writer, log, glance }) => {
      await writer.do('write 9')
      renameSync(log, `${log}.bak`)
      await glance()
      await writer.do('write 9')
      renameSync(`${log}.bak`, log)
      await glance()
      await writer.do('write 9')
    },
  },
  {
    name: 'replaced by an edited copy of itself',
    act: async ({ writer, log, caughtUp }) => {
      await writer.do('write 9')
      await caughtUp()
      await writer.do('close')
      copyFileSync(log, `${log}.new`)
      renameSync(`${log}.new`, log)
      await writer.do(`open ${log}`)
      await writer.do('write 9')
    },
  },
  {
    name: 'a backup copy that fits the pattern',
    paths: (dir) => [join(dir, '*.log')],
    act: async ({ writer, dir, log, glance }) => {
      await writer.do('write 9')
      copyFileSync(log, join(dir, 'backup.log'))
      await glance()
      await writer.do('write 9')
    },
  },
  {
    name: 'the whole folder is moved away and made anew',
    paths: (dir) => [join(dir, 'sub', 'audit.log')],
    archives: (dir) => [join(dir, 'sub.old', '*')],
    before: async ({ writer, dir, caughtUp }) => {
      mkdirSync(join(dir, 'sub'))
      await writer.do(`open ${join(dir, 'sub', 'audit.log')}`)
      await writer.do('write 5')
      await caughtUp()
    },
    act: async ({ writer, dir, glance }) => {
      await writer.do('write 5')
      renameSync(join(dir, 'sub'), join(dir, 'sub.old'))
      await glance()
      mkdirSync(join(dir, 'sub'))
      await writer.do(`open ${join(dir, 'sub', 'audit.log')}`)
      await writer.do('write 5')
    },
  },
  {
    name: 'an empty file is rotated',
    act: async ({ writer, log, caughtUp }) => {
      await writer.do('write 5')
      await caughtUp()
      renameSync(log, `${log}.1`)
      await writer.do(`open ${log}`)
      renameSync(`${log}.1`, `${log}.2`)
      renameSync(log, `${log}.1`)
      await writer.do(`open ${log}`)
      await writer.do('write 9')
    },
  },
  {
    name: 'rotated all the time while it is written',
    act: async ({ writer, log }) => {
      for (let i = 1; i <= 12; i++) {
        await writer.do('write 50 300')
        for (let n = 12; n >= 1; n--) if (existsSync(`${log}.${n}`)) renameSync(`${log}.${n}`, `${log}.${n + 1}`)
        renameSync(log, `${log}.1`)
        if (i % 3) await writer.do('write 5')
        await writer.do(`open ${log}`)
      }
      await writer.do('write 9')
    },
  },
]

/** Writers at rest: starting a process costs more than most cases do. */
const writers: Writer[] = []

const play = async (wanted: Case, run: Run, seed: number): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-tail-'))
  const log = join(dir, 'audit.log')
  const writer = writers.pop() ?? startWriter()
  const habits: Habits = run === 'killed' ? { commit: 0.4, kill: 0.15, random: seeded(seed) } : CALM
  const reader = new TailReader(
    () =>
      createFileSource({
        paths: wanted.paths?.(dir) ?? [log],
        archives: wanted.archives?.(dir) ?? [],
        follow: true,
        chunk: run === 'killed' ? 701 : 256 * 1024,
        timing: { poll: 10, rescan: 150, grace: 300, settle: 250, idle: 400, idleAlone: 1500 },
      }),
    habits,
  )
  let up = true
  let written = 0
  const scene: Scene = {
    dir,
    log,
    reader,
    writer: { stop: writer.stop, do: async (command) => (written = await writer.do(command)) },
    glance: async () => {
      if (up) await pause(60)
    },
    caughtUp: async () => {
      const deadline = Date.now() + 30_000
      while (up && reader.committed.length < written && Date.now() < deadline && !reader.failure) await pause(10)
    },
  }
  try {
    reader.start()
    if (wanted.before) await wanted.before(scene)
    else {
      await scene.writer.do(`open ${log}`)
      await scene.writer.do('write 25')
    }
    // What was rotated away before we ever looked is history, and none of our business.
    await scene.caughtUp()
    if (run === 'down') {
      await reader.stop()
      up = false
    }
    await wanted.act(scene)
    if (run === 'down') {
      up = true
      reader.start()
    }
    await wanted.after?.(scene)
    await scene.caughtUp()
    const wantedFindings = run === 'killed' ? [] : (wanted.findings ?? [])
    for (let i = 0; i < 100 && !wantedFindings.every((code) => has(reader, code)); i++) await pause(50)
    // What is doubled comes late: when the files are listed again.
    await pause(250)
    await reader.stop()
    // A reader that keeps dying never sees anything last.
    check(reader, written, wantedFindings)
  } catch (error) {
    if (error instanceof Error) error.stack += `\n${reader.items.slice(-60).join('\n')}`
    throw error
  } finally {
    await reader.stop().catch(() => {})
    await writer.do('reset')
    writers.push(writer)
    rmSync(dir, { recursive: true })
  }
}

const check = (reader: TailReader, written: number, findings: readonly string[]): void => {
  const numbers = reader.committed.map(({ line }) => JSON.parse(line).n as number)
  const seen = new Set(numbers)
  const lost = [...Array(written).keys()].filter((n) => !seen.has(n))
  const doubled = numbers.filter((n, i) => numbers.indexOf(n) !== i)
  assert.equal(`lost ${lost}`, 'lost ')
  assert.equal(`doubled ${doubled}`, 'doubled ')
  assert.equal(numbers.length, written)
  assert.equal(reader.lost, 0, 'bytes declared lost')
  const latest = new Map<string, number>()
  for (const { stream, line } of reader.committed) {
    const { n } = JSON.parse(line) as { n: number }
    assert.ok(n > (latest.get(stream) ?? -1), `${n} out of order in ${stream}`)
    latest.set(stream, n)
  }
  for (const code of findings) assert.ok(has(reader, code), `finding ${code}`)
}

const has = (reader: TailReader, code: string): boolean =>
  reader.findings.some((finding) => finding.code === code && !finding.cleared)

test('rotation matrix', { concurrency: 4 }, async (t) => {
  const runs: Run[] = ['steady', 'killed', 'down']
  await Promise.all(
    CASES.flatMap((wanted, i) =>
      (wanted.runs ?? runs).map((run) => t.test(`${wanted.name} (${run})`, () => play(wanted, run, i + 1))),
    ),
  )
  await Promise.all(writers.map((writer) => writer.stop()))
})
