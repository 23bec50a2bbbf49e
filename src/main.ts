/** argv → cli; nothing else. What a command does not need is not loaded: `riposte --help` must not wait for the store. */
import { existsSync, readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Stripped and compiled modules are kept between starts.
enableCompileCache()
const { runCli } = await import('./cli/program.ts')
const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)))

// `riposte events | head` closes the pipe: that is the reader's right, not our failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2))

const interrupted = (): AbortSignal => {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}

process.exitCode = await runCli(process.argv.slice(2), {
  io: {
    out: process.stdout,
    err: process.stderr,
    env: process.env,
    now: Date.now,
    user: process.env['SUDO_USER'] ?? userInfo().username,
    readFile: (path) => readFileSync(path, 'utf8'),
    exists: existsSync,
  },
  version: JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version,
  openStore: async (url, options) => (await import('./app/state.ts')).openState(url, options),
  applyPending: async (store, config) => (await import('./app/inbox.ts')).applyPending(store, config),
  runDaemon: async (options) => (await import('./app/daemon.ts')).runDaemon(options),
  runNftKeeper: async (options) => (await import('./app/nft-keeper.ts')).runNftKeeper(options),
  runDemo: async (options, onProgress) => (await import('./app/demo.ts')).runDemo(options, onProgress, interrupted()),
  runReplay: async (options, onProgress) => (await import('./app/replay.ts')).runReplay(options, onProgress),
  explainRecord: async (options) => (await import('./app/explain.ts')).explainRecord(options),
  checkConfig: async (config, options) => (await import('./app/check.ts')).checkConfig(config, options),
})
