/** The real daemon as a child process, started as a user starts it, ended as a test wants it ended. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const bin = join(root, 'bin', 'riposte')

export class DaemonProcess {
  readonly config: string
  readonly database: string
  child: ChildProcess | undefined
  stderr = ''

  constructor(dir: string, name: string, yaml: (database: string) => string) {
    const home = join(dir, name)
    mkdirSync(home, { recursive: true })
    this.database = join(home, 'riposte.db')
    this.config = join(home, 'riposte.yaml')
    writeFileSync(this.config, yaml(this.database))
  }

  async start(env: Record<string, string> = {}): Promise<void> {
    const child = spawn(process.execPath, [bin, 'serve', '--config', this.config], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.child = child
    const running = new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        this.stderr += text
        if (text.includes('riposte is running')) resolve()
      })
      child.once('exit', (code, signal) =>
        reject(new Error(`daemon ended (${signal ?? code}) before it ran:\n${this.stderr.slice(-2000)}`)),
      )
    })
    await running
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child!
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
}
