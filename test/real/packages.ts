/**
 * Real components for tests, from Debian's own packages.
 *
 * In: package names. Out: whether they are all installed now. Installing needs apt-get and root, or sudo without a
 * password; without them the answer is false and the caller skips its test, saying so.
 *
 * Promises: parallel test processes take turns (flock, freed by the death of its holder); nothing that is already
 * installed is touched or upgraded; no package starts a service of its own, because a test wants its own instance on
 * its own port, and a daemon left behind on 80 or 5432 would answer instead of it.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LOCK = join(tmpdir(), 'riposte-packages.lock')
const POLICY = '/usr/sbin/policy-rc.d'
const MINUTE = 60_000

interface Ran {
  readonly ok: boolean
  readonly output: string
}

const run = (command: string, args: readonly string[], timeout = 10 * MINUTE): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    })
    let output = ''
    const keep = (chunk: Buffer) => {
      output = (output + chunk).slice(-4000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', () => resolve({ ok: false, output: `${command} cannot be run` }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })

const installed = async (name: string): Promise<boolean> => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholder.
  const { ok, output } = await run('dpkg-query', ['-W', '-f', '${Status}', name])
  return ok && output.includes('install ok installed')
}

const missing = async (names: readonly string[]): Promise<string[]> => {
  const present = await Promise.all(names.map(installed))
  return names.filter((_, i) => !present[i])
}

/** What to put before a command so that it runs as root; undefined when that is not to be had without a password. */
const asRoot = async (): Promise<readonly string[] | undefined> => {
  if (process.getuid?.() === 0) return []
  return (await run('sudo', ['-n', 'true'])).ok ? ['sudo', '-n'] : undefined
}

/** invoke-rc.d and deb-systemd-invoke ask this file before they start anything; 101 means no. */
const withoutServices = async (root: readonly string[], work: () => Promise<Ran>): Promise<Ran> => {
  const ours = !existsSync(POLICY)
  const shell = (script: string) => run('env', [...root, 'sh', '-c', script])
  if (ours) await shell(`printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`)
  try {
    return await work()
  } finally {
    if (ours) await shell(`rm -f ${POLICY}`)
  }
}

/** `flock` serialises the test processes of one machine; DPkg::Lock::Timeout waits for everybody else's apt. */
const apt = (root: readonly string[], ...args: string[]): Promise<Ran> => {
  const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-y', '-o', 'DPkg::Lock::Timeout=300']
  return run('flock', [LOCK, ...root, ...command, ...args])
}

/**
 * True when every package is installed, having installed what was missing. Takes a minute or two the first time.
 * @example if (!(await ensurePackages(['postgresql']))) return t.skip('PostgreSQL is not installed and cannot be')
 */
export const ensurePackages = async (names: readonly string[]): Promise<boolean> => {
  if ((await missing(names)).length === 0) return true
  const root = await asRoot()
  if (!root || !existsSync('/usr/bin/apt-get')) return false
  const install = async () => apt(root, 'install', '--no-install-recommends', '--no-upgrade', ...(await missing(names)))
  const first = await withoutServices(root, install)
  // Package lists that are absent or older than the mirror are the usual reason for a first failure.
  const last = first.ok ? first : (await apt(root, 'update')).ok ? await withoutServices(root, install) : first
  if (!last.ok) process.stderr.write(`packages ${names.join(', ')} could not be installed:\n${last.output}\n`)
  return (await missing(names)).length === 0
}
