/** A file that is there whole or not at all: written beside its place, made durable, then moved onto it. */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Failure } from '../../core/failure.ts'

export interface OutFile {
  write(text: string): void
  /** Moves it into place. */
  commit(): void
  /** Takes away what was written so far; nothing after `commit`. */
  abandon(): void
}

const existing = (path: string): { readonly path: string; readonly mode: number } | undefined => {
  try {
    // A link stays a link: what it leads to is replaced.
    const target = realpathSync(path)
    return { path: target, mode: statSync(target).mode & 0o777 }
  } catch {
    return undefined
  }
}

const opened = (beside: string, path: string, mode: number): number => {
  try {
    return openSync(beside, 'wx', mode)
  } catch (error) {
    throw new Failure('FILE_NOT_WRITTEN', `cannot write ${path} (${(error as NodeJS.ErrnoException).code})`, {
      remedy: 'Give a path in a folder that is there, and in which you may write.',
      cause: error,
    })
  }
}

/** The first characters of what is there now; none when there is nothing that can be read. */
export const beginningOf = (path: string): string => {
  try {
    const file = openSync(path, 'r')
    const bytes = Buffer.alloc(4096)
    try {
      return bytes.toString('latin1', 0, readSync(file, bytes))
    } finally {
      closeSync(file)
    }
  } catch {
    return ''
  }
}

/** For text that comes piece by piece; whoever has all of it takes `kit/atomic-file.ts`. Throws FILE_NOT_WRITTEN. */
export const openOutFile = (path: string): OutFile => {
  const old = existing(path)
  const target = old?.path ?? path
  const beside = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.new`)
  const file = opened(beside, path, old?.mode ?? 0o644)
  let open = true
  const close = (): void => {
    open = false
    closeSync(file)
  }
  return {
    write(text) {
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    },
    commit() {
      fsyncSync(file)
      close()
      renameSync(beside, target)
      const folder = openSync(dirname(target), 'r')
      fsyncSync(folder)
      closeSync(folder)
    },
    abandon() {
      if (open) close()
      rmSync(beside, { force: true })
    },
  }
}
