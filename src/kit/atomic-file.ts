/** A file that others read while we write: they see the old one or the new one, whole, also after a power cut. */
import { randomBytes } from 'node:crypto'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Failure } from '../core/failure.ts'
import type { Millis } from '../core/time.ts'

export interface ReplaceOptions {
  /** Of a new file; an existing one keeps its own. Default 0644: the readers are servers with other users. */
  readonly mode?: number
  /** Modification time, for readers that take it for the version of the content. Default: now. */
  readonly modifiedAt?: Millis
  /** Asked about the new file before it takes its place; what it throws comes out, and the old file stays. */
  approve?(beside: string): Promise<void>
}

/** Characters per write. */
const PIECE = 64 * 1024

/**
 * Writes the lines beside the file, makes them durable, and moves them onto it. A symbolic link stays one: what it
 * leads to is replaced. Throws FILE_NOT_WRITTEN; the old file is untouched then.
 */
export const replaceFile = async (
  path: string,
  lines: Iterable<string>,
  { mode = 0o644, modifiedAt, approve }: ReplaceOptions = {},
): Promise<void> => {
  let beside: string | undefined
  let file: FileHandle | undefined
  try {
    const target = await realpath(path).catch(absent(path))
    const old = await stat(target).catch(absent(undefined))
    const name = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.new`)
    file = await open(name, 'wx', mode)
    beside = name
    // The umask has had its say on the mode given to open.
    await file.chmod(old ? old.mode & 0o777 : mode)
    let piece = ''
    for (const line of lines) {
      piece += `${line}\n`
      if (piece.length < PIECE) continue
      await file.writeFile(piece)
      piece = ''
    }
    await file.writeFile(piece)
    if (modifiedAt !== undefined) await file.utimes(modifiedAt / 1000, modifiedAt / 1000)
    await file.sync()
    await file.close()
    file = undefined
    await approve?.(beside)
    await rename(beside, target)
    beside = undefined
    const folder = await open(dirname(target), 'r')
    await folder.sync().finally(() => folder.close())
  } catch (error) {
    await file?.close().catch(() => undefined)
    if (beside !== undefined) await rm(beside, { force: true }).catch(() => undefined)
    throw error instanceof Failure ? error : notWritten(path, error as NodeJS.ErrnoException)
  }
}

const absent =
  <T>(value: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return value
    throw error
  }

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'Create its folder, and let the user of the daemon write there.',
  ENOTDIR: 'Part of the path is a file; give another path.',
  EACCES: 'Let the user of the daemon write to its folder (it writes a new file there and moves it into place).',
  EPERM: 'Let the user of the daemon write to its folder (it writes a new file there and moves it into place).',
  EROFS: 'Allow it in the service unit (ReadWritePaths=), or give a path on a disk that can be written.',
  ENOSPC: 'Make room on the disk.',
  EISDIR: 'The path is a folder; give the path of a file.',
}

const notWritten = (path: string, error: NodeJS.ErrnoException): Failure =>
  new Failure('FILE_NOT_WRITTEN', `cannot write ${path} (${error.code ?? error.message})`, {
    retry: 'backoff',
    remedy: REMEDIES[error.code ?? ''] ?? 'See the error of the system.',
    cause: error,
  })
