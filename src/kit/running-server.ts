/** A server process that is not ours: commands that tell it something, its pid file, its SIGHUP. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { Failure } from '../core/failure.ts'
import { type Millis, SECOND } from '../core/time.ts'

const PATIENCE: Millis = 60 * SECOND

export interface Purpose {
  readonly code: string
  /** What its failing means. */
  readonly what: string
  readonly remedy: string
  /** Finds the line that names the fault; the last one otherwise. */
  readonly fault?: RegExp
}

/** Runs a command, without a shell. Throws a Failure that quotes the fault which the command named. */
export const run = (argv: readonly string[], { code, what, remedy, fault }: Purpose): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(argv[0]!, argv.slice(1), { timeout: PATIENCE, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (!error) return resolve()
      const said = `${stdout}\n${stderr}`.split('\n').filter(Boolean)
      const why = (fault && said.find((line) => fault.test(line))) ?? said.at(-1) ?? error.message
      reject(new Failure(code, `${what}: ${why.trim().slice(0, 300)}`, { retry: 'backoff', remedy }))
    })
  })

/** The process id in the file. One that was left behind may name somebody else's process by now, which must not be signalled. */
export const processIn = async (pidFile: string, program: string, code: string): Promise<number> => {
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).trim())
  const name = Number.isSafeInteger(pid) && pid > 1 ? await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '') : ''
  if (name.trim() !== program)
    throw new Failure(code, `${pidFile} names no running ${program}`, {
      retry: 'backoff',
      remedy: `Start ${program}, or correct pidFile to the file in which it writes its process id.`,
    })
  return pid
}

/** Sends SIGHUP. Throws a Failure when there is no such process, or we may not. */
export const hangUp = (pid: number, program: string, code: string, remedy: string): void => {
  try {
    process.kill(pid, 'SIGHUP')
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EPERM'
    throw new Failure(code, `${program} (process ${pid}) cannot be sent SIGHUP`, {
      retry: 'backoff',
      remedy: denied ? `The daemon may not signal it. ${remedy}` : `Start ${program}.`,
      cause: error,
    })
  }
}
