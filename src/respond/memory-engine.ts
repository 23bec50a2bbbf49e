/** A durable engine in memory, for tests and dry runs: forgets nothing, sleeps no longer than a turn, and can die at any point. */
import type { Durable } from './durable.ts'

export class MemoryEngine implements Durable {
  readonly remembered = new Map<string, string>()
  readonly slept: [string, number][] = []
  /** Throws here, before the named thing is remembered. */
  dieAt: string | undefined

  async once<T>(name: string, work: () => Promise<T>): Promise<T> {
    const known = this.remembered.get(name)
    if (known !== undefined) return JSON.parse(known) as T
    const result = JSON.stringify(await work())
    if (name === this.dieAt) throw new Error(`died at ${name}`)
    this.remembered.set(name, result)
    return JSON.parse(result) as T
  }

  async sleep(name: string, millis: number): Promise<void> {
    if (this.remembered.has(name)) return
    this.slept.push([name, millis])
    this.remembered.set(name, 'null')
    await new Promise((resolve) => setImmediate(resolve))
  }

  async wait(name: string, _signal: string, millis: number): Promise<void> {
    await this.sleep(name, millis)
  }
}
