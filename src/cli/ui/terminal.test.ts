import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommanderError } from 'commander'
import { ConfigFailure } from '../../app/config/problem.ts'
import { Failure } from '../../core/failure.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../core/time.ts'
import type { Io } from '../io.ts'
import { usesColour } from './colour.ts'
import { reportError } from './errors.ts'
import { bar, progressLine, progressText } from './progress.ts'
import { bytesText, relative, span } from './time.ts'
import { textWidth } from './width.ts'

const tty = { write() {}, isTTY: true }
const pipe = { write() {} }

test('colour only where it is wanted', () => {
  assert.equal(usesColour(tty, {}), true)
  assert.equal(usesColour(pipe, {}), false)
  assert.equal(usesColour(tty, { TERM: 'dumb' }), false)
  assert.equal(usesColour(tty, { NO_COLOR: '1' }), false)
  assert.equal(usesColour(tty, { NO_COLOR: '' }), true)
  assert.equal(usesColour(pipe, { FORCE_COLOR: '1' }), true)
  assert.equal(usesColour(tty, { FORCE_COLOR: '0' }), false)
  assert.equal(usesColour(pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }), false)
})

test('spans and moments', () => {
  for (const [millis, text] of [
    [0, '0 ms'],
    [999, '999 ms'],
    [12 * SECOND, '12 s'],
    [90 * SECOND, '1 m 30 s'],
    [HOUR, '1 h'],
    [3 * HOUR + 40 * MINUTE + 5 * SECOND, '3 h 40 m'],
    [2 * DAY + 30 * MINUTE, '2 d'],
  ] as const)
    assert.equal(span(millis), text)
  assert.equal(relative(HOUR, 0), 'in 1 h')
  assert.equal(relative(0, HOUR), '1 h ago')
  assert.equal(relative(5, 0), 'now')
  assert.deepEqual([412, 999, 1000, 3_640_000, 999_700].map(bytesText), [
    '412 B',
    '999 B',
    '1.0 kB',
    '3.6 MB',
    '1.0 MB',
  ])
})

const capture = (isTTY: boolean, env: Io['env'] = {}) => {
  let text = ''
  let now = 0
  const err = { write: (t: string) => (text += t), isTTY, columns: 80 }
  const io: Io = { out: pipe, err, env, now: () => now, user: 'alice', readFile: () => '', exists: () => false }
  return {
    io,
    written: () => text,
    tick: (millis: number) => {
      now += millis
    },
  }
}

test('progress is drawn on a terminal only, at most ten times a second, and is gone at the end', () => {
  const progress = { bytes: 5e6, total: 20e6, records: 1200, decisions: 3 }
  const piped = capture(false)
  const quiet = progressLine(piped.io)
  piped.tick(1000)
  quiet.update(progress)
  quiet.clear()
  assert.equal(piped.written(), '')

  const shown = capture(true, { NO_COLOR: '1' })
  const line = progressLine(shown.io)
  shown.tick(1000)
  for (let i = 0; i < 50; i++) line.update(progress)
  assert.equal(shown.written().split('\r').length - 1, 1)
  assert.match(shown.written(), /25 % {2}5\.0 MB\/s {2}3 s left {2}1,200 records {2}3 decisions/)
  line.clear()
  line.clear()
  assert.ok(shown.written().endsWith('\r\u001b[K'))
})

test('the progress line never wraps, and speaks without a total', () => {
  for (const width of [10, 20, 40, 79, 139]) {
    const progress = { bytes: 5e6, total: 20e6, records: 123456789, decisions: 3 }
    assert.ok(textWidth(progressText(progress, 1e6, width)) <= width, String(width))
  }
  assert.equal(
    progressText({ bytes: 5e6, records: 10, decisions: 0 }, 1e6, 79),
    '5.0 MB  1.0 MB/s  10 records  0 decisions',
  )
  assert.equal(bar(0.5, 4), '██░░')
  assert.equal(bar(9, 2), '██')
  assert.equal(bar(1 / 16, 2), '▏░')
})

test('errors say what and what to do, and give the exit code', () => {
  const say = (error: unknown, env: Io['env'] = {}): readonly [number, string] => {
    const { io, written } = capture(false, env)
    return [reportError(io, error), written()]
  }
  assert.deepEqual(say(new Failure('STORE_CORRUPT', 'x\u001b[2J is broken', { remedy: 'Restore it.' })), [
    2,
    'error: x\\x1b[2J is broken\nfix:   Restore it.\n',
  ])
  assert.equal(say(new Failure('NOT_FOUND', 'no such event'))[0], 1)
  assert.deepEqual(
    say(new CommanderError(1, 'commander.unknownOption', "error: unknown option '--jsno'\n(Did you mean --json?)")),
    [2, "error: unknown option '--jsno'\nfix:   Did you mean --json?\n"],
  )
  assert.deepEqual(say(Object.assign(new Error('ENOENT: …'), { code: 'ENOENT', path: '/nowhere' })), [
    2,
    'error: /nowhere: there is no such file\nfix:   Check the path.\n',
  ])
  const [code, text] = say(
    new ConfigFailure([
      { file: 'r.yaml', line: 2, column: 3, key: 'log.level', message: 'bad', remedy: 'Mend it.' },
      { file: 'r.yaml', key: '', message: 'worse' },
    ]),
  )
  assert.equal(code, 2)
  assert.equal(text, 'error: r.yaml:2:3: log.level: bad\nfix:   Mend it.\nerror: r.yaml: worse\n')
  assert.match(say(new TypeError('x is undefined'))[1], /^error: unexpected: x is undefined\nfix: {3}This is a defect/)
  assert.match(say(new TypeError('x'), { RIPOSTE_DEBUG: '1' })[1], /terminal\.test\.ts/)
})
