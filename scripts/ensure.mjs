/**
 * Installs the packages when they are absent or older than the lock file. Runs before `npm start` and `npm test` on
 * whatever Node the machine has, so it is plain JavaScript and imports nothing that has to be installed first.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.riposte-installed')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const fresh = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted

if (!fresh()) {
  const lock = join(root, '.riposte-install.lock')
  await exclusively(lock, () => {
    if (fresh()) return
    console.error('riposte: installing packages (npm ci) …')
    // Registry noise (funding, audit) says nothing to somebody who only wants to start.
    const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--engine-strict=false'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    })
    if (npm.status !== 0) {
      console.error(
        'error: npm ci failed\nfix: see the lines above; a registry that cannot be reached is the usual cause',
      )
      process.exit(1)
    }
    if (!existsSync(join(root, 'node_modules', 'node', 'bin', 'node')))
      console.error(
        'riposte: the pinned Node.js did not install; using the one on this machine (22.19 or newer needed)',
      )
    writeFileSync(stamp, wanted)
  })
}

/** Two starters at once must not run npm in one folder: a directory is made atomically, and a stale one (10 min) is taken over. */
async function exclusively(lock, work) {
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch {
      if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 600_000)
        rmSync(lock, { recursive: true, force: true })
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
  try {
    work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}
