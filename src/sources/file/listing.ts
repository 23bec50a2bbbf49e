/** Which files there are: configured places and what rotation may have made of them. */
import { type FileHandle, glob, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, matchesGlob, resolve } from 'node:path'
import { HEAD, isGzip, readAt } from './fingerprint.ts'

/** A file that was opened to be looked at. Whoever gets it closes it. */
export interface Found {
  readonly path: string
  readonly handle: FileHandle
  readonly device: string
  readonly inode: string
  readonly size: number
  /** ms */
  readonly modified: number
  readonly head: Buffer
  readonly gzip: boolean
}

export interface Look {
  readonly path: string
  readonly device: string
  readonly inode: string
  readonly size: number
  /** ms */
  readonly modified: number
}

export interface Sibling extends Look {
  readonly rotated: boolean
}

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException)?.code ?? 'UNKNOWN'

/** Follows symbolic links. Throws what stat throws; undefined for what is no regular file. */
export const look = async (path: string): Promise<Look | undefined> => {
  const s = await stat(path, { bigint: true })
  if (!s.isFile()) return undefined
  return {
    path,
    device: String(s.dev),
    inode: String(s.ino),
    size: Number(s.size),
    modified: Number(s.mtimeNs / 1000n) / 1000,
  }
}

export const find = async (path: string): Promise<Found | undefined> => {
  // A FIFO would block `open` for ever, so the kind is asked first.
  if (!(await look(path))) return undefined
  const handle = await open(path, 'r')
  try {
    const s = await handle.stat({ bigint: true })
    const head = await readAt(handle, 0, HEAD)
    return {
      path,
      handle,
      device: String(s.dev),
      inode: String(s.ino),
      size: Number(s.size),
      modified: Number(s.mtimeNs / 1000n) / 1000,
      head,
      gzip: isGzip(head),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** The files that a configured path or pattern means now, oldest content first for patterns. A literal path counts even before it exists. */
export const expand = async (patterns: readonly string[]): Promise<string[]> => {
  const places = new Set<string>()
  for (const pattern of patterns) {
    if (!/[*?[\]{}]/.test(pattern) || (await exists(pattern))) {
      places.add(resolve(pattern))
      continue
    }
    const matches: Look[] = []
    for await (const path of glob(pattern)) {
      const seen = await look(resolve(path)).catch(() => undefined)
      if (seen) matches.push(seen)
    }
    matches.sort((a, b) => a.modified - b.modified || (a.path < b.path ? -1 : 1))
    for (const match of matches) places.add(match.path)
  }
  return [...places]
}

/** Whether a place that a cursor remembers is still among the configured ones. */
export const isConfigured = (place: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => resolve(pattern) === place || matchesGlob(place, resolve(pattern)))

/** gzip removes the original when the archive is complete; until then, or if it is kept, the original is what to read. */
export const hasOriginal = async (archive: string): Promise<boolean> =>
  archive.endsWith('.gz') && (await exists(archive.slice(0, -3)))

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/**
 * The other files beside `place` (and in `archives`), oldest first. `rotated` tells those whose name says that they
 * were `place` once (`x.log.1`, `x.log-20261122.gz`, `x-20261122.log`): only such a file may be a generation never
 * seen before; any name may be one that is known by its content, and is listed if `all` are wanted. Throws when the folder cannot be listed.
 */
export const siblings = async (
  place: string,
  archives: readonly string[],
  all: boolean,
): Promise<readonly Sibling[]> => {
  const folder = dirname(place)
  const names = (await readdir(folder)).map((name) => join(folder, name))
  for (const pattern of archives) for await (const path of glob(pattern)) names.push(resolve(path))
  const related: Sibling[] = []
  for (const path of new Set(names)) {
    const rotated = isRotationOf(basename(path), basename(place))
    if (path === place || !(rotated || all)) continue
    const seen = await look(path).catch(() => undefined)
    if (seen && seen.size > 0) related.push({ ...seen, rotated })
  }
  return related.sort((a, b) => a.modified - b.modified || (a.path < b.path ? 1 : -1))
}

/** Whether a file name looks like what logrotate, cronolog or a person's `mv` makes of `name`. */
export const isRotationOf = (candidate: string, name: string): boolean => {
  const extension = extname(name)
  const stem = extension ? name.slice(0, -extension.length) : name
  const bare = candidate.replace(/\.(?:gz|zst|bz2|xz)$/, '')
  const inner = bare.startsWith(name)
    ? bare.slice(name.length)
    : bare.startsWith(stem) && bare.endsWith(extension) && bare.length > name.length
      ? bare.slice(stem.length, bare.length - extension.length)
      : ''
  return /^[-._]?(?:old|prev|\d[-._\d:TZ]{0,40})$/.test(inner)
}
