/**
 * Sleeping until something may have changed. The poll interval is the promise; fs.watch only shortens it: it is
 * deaf on network file systems and drops events when its queue overflows, so nothing may depend on it.
 */
import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'

export class Wake {
  readonly #watchers = new Map<string, FSWatcher>()
  #rung = false
  #ring: (() => void) | undefined

  /** Watches the folders of these files, and no others. A folder that is missing or cannot be watched is asked again next time. */
  attend(paths: Iterable<string>): void {
    const folders = new Set([...paths].map((path) => dirname(path)))
    for (const [folder, watcher] of this.#watchers)
      if (!folders.has(folder)) {
        watcher.close()
        this.#watchers.delete(folder)
      }
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue
      try {
        const watcher = watch(folder, { persistent: false }, () => this.ring())
        watcher.on('error', () => {
          watcher.close()
          this.#watchers.delete(folder)
        })
        this.#watchers.set(folder, watcher)
      } catch {
        // Polling goes on without it.
      }
    }
  }

  ring(): void {
    this.#rung = true
    this.#ring?.()
  }

  /** Resolves when rung since the last sleep, after `millis`, or on abort. */
  async sleep(millis: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted)
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', done)
          this.#ring = undefined
          resolve()
        }
        const timer = setTimeout(done, millis)
        signal.addEventListener('abort', done, { once: true })
        this.#ring = done
      })
    this.#rung = false
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }
}
