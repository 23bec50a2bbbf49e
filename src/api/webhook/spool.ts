/**
 * What was received, a line each, in a file that a file source reads. `append` resolves when the line is on the disk;
 * those that arrive together share one write. A file that has grown is renamed, and a new one begun.
 *
 * A line is whole or not there: what a full disk cut short is taken back, and what a crash cut short, which nobody was
 * told is kept, is ended before the next line is written.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises'

export interface Spool {
  append(line: string): Promise<void>
  close(): Promise<void>
}

const LARGE = 64 * 1024 * 1024
/** Renamed files that are kept: what is read of them is far behind them. */
const KEPT = 4
const NEWLINE = '\n'.charCodeAt(0)

interface Open {
  readonly file: FileHandle
  /** Bytes of whole lines. */
  size: number
}

const openEnd = async (path: string): Promise<Open> => {
  const file = await open(path, 'a+', 0o600)
  const { size } = await file.stat()
  const last = Buffer.alloc(1)
  if (size === 0 || ((await file.read(last, 0, 1, size - 1)).bytesRead === 1 && last[0] === NEWLINE))
    return { file, size }
  await file.appendFile('\n')
  return { file, size: size + 1 }
}

const renameAway = async (path: string): Promise<void> => {
  await rm(`${path}.${KEPT}`, { force: true })
  for (let n = KEPT - 1; n >= 1; n--) await rename(`${path}.${n}`, `${path}.${n + 1}`).catch(() => {})
  await rename(path, `${path}.1`)
}

export const openSpool = (path: string): Spool => {
  let end: Open | undefined
  let waiting: { readonly line: string; readonly done: () => void; readonly failed: (error: unknown) => void }[] = []
  let writing: Promise<void> | undefined

  const leave = async (): Promise<void> => {
    const { file } = end ?? {}
    end = undefined
    await file?.close()
  }

  const put = async (lines: string): Promise<void> => {
    if (end && end.size >= LARGE) {
      await leave()
      await renameAway(path)
    }
    end ??= await openEnd(path)
    try {
      await end.file.appendFile(lines)
      await end.file.datasync()
      end.size += Buffer.byteLength(lines)
    } catch (error) {
      await end.file.truncate(end.size).catch(() => {})
      // Looked at anew the next time.
      await leave().catch(() => {})
      throw error
    }
  }

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await put(batch.map(({ line }) => `${line}\n`).join(''))
        for (const { done } of batch) done()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    // In the same breath as the last look at what waits, or the next line would wait for ever.
    writing = undefined
  }

  return {
    append: (line) =>
      new Promise((done, failed) => {
        waiting.push({ line, done, failed })
        writing ??= write()
      }),
    async close() {
      await writing
      await leave()
    },
  }
}
