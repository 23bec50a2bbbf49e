/**
 * Command-line sessions as text: each `*.txt` beside this file is a shell in an empty folder, with the real
 * `bin/riposte` on its path.
 *
 *   # a comment          not run
 *   $ command            run by sh; `> ` lines below continue it (here-documents)
 *   text                 what must appear, standard output and errors as they come
 *   ...                  inside a line: any characters; alone on a line: any lines
 *   [1]                  the exit code, when it is not 0
 *
 * `npm run golden`-like rewriting is left out on purpose: a session says what a person should see, so a person writes it.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const here = import.meta.dirname
const root = join(here, '..', '..')

interface Step {
  readonly line: number
  readonly command: string
  readonly expected: readonly string[]
  readonly code: number
}

const parse = (text: string): readonly Step[] => {
  const steps: { line: number; command: string; expected: string[]; code: number }[] = []
  for (const [index, line] of text.trimEnd().split('\n').entries()) {
    const step = steps.at(-1)
    if (line.startsWith('# ')) continue
    if (line.startsWith('$ ')) steps.push({ line: index + 1, command: line.slice(2), expected: [], code: 0 })
    else if (!step) assert.equal(line, '', `line ${index + 1} stands before the first command`)
    else if (line.startsWith('> ') && step.expected.length === 0) step.command += `\n${line.slice(2)}`
    else if (/^\[\d+\]$/.test(line)) step.code = Number(line.slice(1, -1))
    else step.expected.push(line)
  }
  for (const step of steps) while (step.expected.at(-1) === '') step.expected.pop()
  return steps
}

const pattern = (expected: readonly string[]): RegExp => {
  const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const lines = expected.map((line) =>
    line === '...' ? '(?:[^\\n]*\\n)*?' : `${line.split('...').map(escaped).join('[^\\n]*?')}\\n`,
  )
  return new RegExp(`^${lines.join('')}$`)
}

for (const file of readdirSync(here).filter((name) => name.endsWith('.txt')))
  test(`session ${file}`, () => {
    const dir = mkdtempSync(join(tmpdir(), 'riposte-session-'))
    try {
      const steps = parse(readFileSync(join(here, file), 'utf8'))
      assert.ok(steps.length > 0, 'an empty session proves nothing')
      symlinkSync(join(root, 'corpus', 'demo', 'modsec3-json.log.gz'), join(dir, '.demo.log.gz'))
      for (const step of steps) {
        const { PATH, LANG } = process.env
        const done = spawnSync('sh', ['-c', `{ ${step.command}\n} 2>&1`], {
          cwd: dir,
          encoding: 'utf8',
          timeout: 60_000,
          env: {
            PATH: `${join(root, 'bin')}:${PATH}`,
            LANG,
            HOME: dir,
            // A short name, hidden from `ls`: lines are laid out by width, and a checkout may lie deep.
            DEMO: '.demo.log.gz',
          },
        })
        const told = `${file}:${step.line}: $ ${step.command}\n${done.stdout}`
        assert.equal(done.status, step.code, told)
        const seen = done.stdout === '' || done.stdout.endsWith('\n') ? done.stdout : `${done.stdout}\n`
        assert.match(seen.replaceAll(dir, 'HERE'), pattern(step.expected), told)
      }
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
