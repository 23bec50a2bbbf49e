import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ensurePackages } from '../../../test/real/packages.ts'
import type { Deps } from '../deps.ts'
import { buildProgram } from '../program.ts'
import { bashCompletion } from './bash.ts'
import { commandTree } from './command-tree.ts'
import { fishCompletion } from './fish.ts'
import { zshCompletion } from './zsh.ts'

const dir = mkdtempSync(join(tmpdir(), 'riposte-completion-'))
after(() => rmSync(dir, { recursive: true, force: true }))
writeFileSync(join(dir, 'audit one.log'), '')

// The tree is read, no command runs: only what building the program touches has to be there.
const io = {
  out: { write() {} },
  err: { write() {} },
  env: {},
  now: () => 0,
  user: '',
  readFile: () => '',
  exists: () => false,
}
const tree = commandTree(buildProgram({ io, version: '0' } as unknown as Deps, () => {}))

const COMMANDS = [
  'serve',
  'demo',
  'check',
  'replay',
  'explain',
  'why',
  'status',
  'decisions',
  'alerts',
  'incidents',
  'events',
  'allowlists',
  'import',
  'export',
  'points',
  'canary',
  'rbl',
  'bouncers',
  'playbooks',
  'runs',
  'outbox',
  'connectors',
  'nft-keeper',
  'completion',
]

/** What is typed, and what must (or must not) be offered. The last word is the one being completed. */
const CASES: readonly {
  readonly line: string
  readonly all?: readonly string[]
  readonly some?: readonly string[]
  readonly none?: readonly string[]
}[] = [
  { line: 'riposte ', some: COMMANDS },
  { line: 'riposte de', all: ['demo', 'decisions'] },
  { line: 'riposte decisions ', some: ['list', 'show', 'add', 'remove', 'thaw'], none: ['serve'] },
  { line: 'riposte decisions add --t', all: ['--type'] },
  { line: 'riposte decisions add --type ', all: ['watch', 'throttle', 'captcha', 'ban'] },
  { line: 'riposte replay --format modsec3', all: ['modsec3-json', 'modsec3-native'] },
  { line: 'riposte events list --severity h', all: ['high'] },
  { line: 'riposte completion ', some: ['bash', 'zsh', 'fish'] },
  { line: 'riposte replay --trusted-proxy 10.0.0.0/8 --js', all: ['--json'] },
  { line: 'riposte replay aud', all: ['audit one.log'] },
  { line: 'riposte serve --config aud', all: ['audit one.log'] },
]

const check = (shell: string, offered: (line: string) => readonly string[]): void => {
  for (const { line, all, some, none } of CASES) {
    const words = offered(line)
    const told = `${shell}: ${JSON.stringify(line)} offers ${JSON.stringify(words)}`
    if (all) assert.deepEqual([...new Set(words)].toSorted(), all.toSorted(), told)
    for (const word of some ?? []) assert.ok(words.includes(word), `${told}, not ${word}`)
    for (const word of none ?? []) assert.ok(!words.includes(word), told)
  }
}

const run = (command: string, args: readonly string[], input?: string): string => {
  const done = spawnSync(command, args, {
    cwd: dir,
    encoding: 'utf8',
    input,
    timeout: 30_000,
    env: { ...process.env, HOME: dir, TERM: 'dumb' },
  })
  assert.equal(done.status, 0, `${command}: ${done.stderr}`)
  assert.equal(done.stderr, '', `${command} complains`)
  return done.stdout
}

test('the tree has every command and its closed lists', () => {
  assert.deepEqual(
    tree.commands.map((command) => command.name),
    COMMANDS,
  )
})

test('bash offers what fits', (t) => {
  if (spawnSync('bash', ['--version']).status !== 0) return t.skip('bash is not installed')
  const file = join(dir, 'riposte.bash')
  writeFileSync(file, bashCompletion(tree))
  check('bash', (line) => {
    const words = line.split(' ')
    const script = `source ${file}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})\nCOMP_CWORD=${words.length - 1}\n_riposte 2>/dev/null\nprintf '%s\\n' "\${COMPREPLY[@]}"`
    return run('bash', ['--norc', '-c', script]).split('\n').filter(Boolean)
  })
})

test('fish offers what fits', async (t) => {
  if (!(await ensurePackages(['fish']))) return t.skip('fish is not installed and cannot be')
  const file = join(dir, 'riposte.fish')
  writeFileSync(file, fishCompletion(tree))
  check('fish', (line) =>
    run('fish', ['--no-config', '-c', `source ${file}; complete -C '${line}'`])
      .split('\n')
      .filter(Boolean)
      .map((row) => row.split('\t')[0]!.replaceAll('\\ ', ' ')),
  )
})

/**
 * zsh shows completions only to a person: its own pseudo-terminal module plays one, and hooks what `compadd` is given.
 * It types when the line editor says that it reads; the word is written in two halves, so that the echo of the command
 * is not taken for it.
 */
const ZSH_CAPTURE = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PROMPT=; RPROMPT=; unsetopt zle_bracketed_paste; stty -echo"
zpty -w z "autoload -Uz compinit && compinit -u -d $3; source $1; compdef _riposte riposte"
zpty -w z 'compadd () {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return $?; fi
  typeset -a __hits
  builtin compadd -A __hits "$@"
  builtin compadd "$@"
  [[ -n $__hits ]] && print -r -l -- "<HIT>"\${^__hits}"</HIT>"
}'
zpty -w z 'done-now () { print -r -- "<END>"; exit 0 }; zle -N done-now; bindkey "^X" done-now; comppostfuncs=(list-none); list-none () { compstate[list]=""; compstate[insert]="" }; bindkey "^I" complete-word'
zpty -w z "zle-line-init () { print -r -- READY-''NOW }; zle -N zle-line-init"
typeset chunk all=
while [[ $all != *READY-NOW* ]]; do zpty -r z chunk || break; all+=$chunk; done
zpty -n -w z "$2"$'\\t\\C-x'
all=
while zpty -r z chunk; do all+=$chunk; [[ $all == *"<END>"* ]] && break; done
print -r -- "$all"
`

test('zsh offers what fits', async (t) => {
  if (!(await ensurePackages(['zsh']))) return t.skip('zsh is not installed and cannot be')
  const file = join(dir, '_riposte')
  writeFileSync(file, zshCompletion(tree))
  const capture = join(dir, 'capture.zsh')
  writeFileSync(capture, ZSH_CAPTURE)
  run('zsh', ['-n', file])
  check('zsh', (line) =>
    [...run('zsh', ['-f', capture, file, line, join(dir, 'zcompdump')]).matchAll(/<HIT>(.*?)<\/HIT>/g)].map((hit) =>
      hit[1]!.replaceAll('\\ ', ' '),
    ),
  )
})
