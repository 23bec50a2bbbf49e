/**
 * One real server process, started in the foreground by us and ended by its own id.
 * Promises: ready when `ready` resolves, an error with the server's own words when it dies first, and no orphan when
 * the test process exits in between.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ServerProcess {
  readonly pid: number
  /** The process and its children as they are now; a reload changes the children. */
  pids(): readonly number[]
  signal(name: NodeJS.Signals): void
  /** Asks with SIGTERM, waits up to five seconds, then kills. Idempotent. */
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export const startServerProcess = async (
  command: string,
  args: readonly string[],
  ready: () => Promise<boolean>,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> => {
  // A test runner that gives up sends SIGTERM, and then no exit handler runs: the kernel has to tell the server.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', command, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  })
  let words = ''
  child.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('latin1')).slice(-4000)
  })
  let ended = false
  const exit = new Promise<void>((resolve) => {
    const done = () => {
      ended = true
      running.delete(child)
      resolve()
    }
    child.once('exit', done)
    child.once('error', (error) => {
      words += error.message
      done()
    })
  })
  running.add(child)

  const stop = async (): Promise<void> => {
    if (ended) return
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    await exit
    clearTimeout(timer)
  }

  for (let waited = 0; !(await ready()); waited += 50) {
    if (ended) throw new Error(`${command} ended before it was ready: ${words.trim()}`)
    if (waited > 20_000) {
      await stop()
      throw new Error(`${command} was not ready after 20 s: ${words.trim()}`)
    }
    await sleep(50)
  }
  const pid = child.pid!
  return { pid, pids: () => [pid, ...childrenOf(pid)], signal: (name) => void child.kill(name), stop }
}

const childrenOf = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
