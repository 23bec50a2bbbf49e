/** The running nginx: its configuration tested, its master told to reload, its workers watched. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { Failure } from '../../core/failure.ts'
import { type Millis, SECOND } from '../../core/time.ts'

const PATIENCE: Millis = 60 * SECOND

export interface Purpose {
  readonly code: string
  /** What its failing means. */
  readonly what: string
  readonly remedy: string
}

/** Runs a command, without a shell. Throws a Failure that quotes the fault which nginx named. */
export const run = (argv: readonly string[], { code, what, remedy }: Purpose): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(argv[0]!, argv.slice(1), { timeout: PATIENCE, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (!error) return resolve()
      const said = `${stdout}\n${stderr}`.split('\n').filter(Boolean)
      const why = said.find((line) => line.includes('[emerg]')) ?? said.at(-1) ?? error.message
      reject(new Failure(code, `${what}: ${why.trim().slice(0, 300)}`, { retry: 'backoff', remedy }))
    })
  })

/** The master's process id. A file that was left behind may name somebody else's process by now, which must not be signalled. */
export const masterOf = async (pidFile: string): Promise<number> => {
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).trim())
  const name = Number.isSafeInteger(pid) && pid > 1 ? await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '') : ''
  if (name.trim() !== 'nginx')
    throw new Failure('NGINX_NOT_RUNNING', `${pidFile} names no running nginx`, {
      retry: 'backoff',
      remedy: 'Start nginx, or correct pidFile to what `pid` says in nginx.conf.',
    })
  return pid
}

/** The workers that take new connections: those that drain after a reload say so in their title. */
export const workersOf = async (master: number): Promise<readonly number[]> => {
  const children = await readFile(`/proc/${master}/task/${master}/children`, 'utf8').catch(() => '')
  const pids = children.trim().split(' ').filter(Boolean).map(Number)
  const titles = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, i) => /worker process(?! is shutting down)/.test(titles[i]!))
}

export const hangUp = (master: number): void => {
  try {
    process.kill(master, 'SIGHUP')
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EPERM'
    throw new Failure('NGINX_RELOAD', `nginx (process ${master}) cannot be sent SIGHUP`, {
      retry: 'backoff',
      remedy: denied
        ? 'The daemon may not signal it. Give reload: a command that it may run, such as [sudo, -n, systemctl, reload, nginx].'
        : 'Start nginx.',
      cause: error,
    })
  }
}
