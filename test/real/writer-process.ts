/** Starts the writer of writer.ts and talks to it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Writer {
  /** Sends one command; resolves to the number of lines begun so far when it has been carried out. */
  do(command: string): Promise<number>
  /** Ends the process; what it held is released. */
  stop(): Promise<void>
}

export const startWriter = (): Writer => {
  const child = spawn(process.execPath, [new URL('./writer.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async do(command) {
      child.stdin.write(`${command}\n`)
      const answer = await answers.next()
      if (answer.done) throw new Error(`the writer died of: ${command}`)
      return Number(answer.value)
    },
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
