/**
 * What was received, a line each, in a file that a file source reads. `append` resolves when the line is on the disk;
 * those that arrive together share one write. A file that has grown is renamed, and a new one begun.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises'

export interface Spool {
  append(line: string): Promise<void>
  close(): Promise<void>
}

const LARGE = 64 * 1024 * 1024
/** Renamed files that are kept: what is read of them is far behind them. */
const KEPT = 4

export const openSpool = (path: string): Spool => {
  let handle: FileHandle | undefined
  let size = 0
  let waiting: { readonly line: string; readonly done: () => void; readonly failed: (error: unknown) => void }[] = []
  let writing: Promise<void> | undefined

  const ready = async (): Promise<FileHandle> => {
    if (handle && size < LARGE) return handle
    if (handle) {
      await handle.close()
      handle = undefined
      await rm(`${path}.${KEPT}`, { force: true })
      for (let n = KEPT - 1; n >= 1; n--) await rename(`${path}.${n}`, `${path}.${n + 1}`).catch(() => {})
      await rename(path, `${path}.1`)
    }
    handle = await open(path, 'a', 0o600)
    size = (await handle.stat()).size
    return handle
  }

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        const file = await ready()
        const { bytesWritten } = await file.write(batch.map(({ line }) => `${line}\n`).join(''))
        size += bytesWritten
        await file.datasync()
        for (const { done } of batch) done()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
  }

  return {
    append: (line) =>
      new Promise((done, failed) => {
        waiting.push({ line, done, failed })
        writing ??= write().finally(() => {
          writing = undefined
        })
      }),
    async close() {
      await writing
      await handle?.close()
    },
  }
}
