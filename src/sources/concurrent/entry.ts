/**
 * One entry of a concurrent audit log: found inside the storage folder and read whole, or not at all.
 *
 * The index line is made of what clients sent, unescaped: a forged user agent can make its last fields say anything.
 * So a path from there is only a wish: whatever it names must, after all links are resolved, lie in the storage folder.
 */
import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'

export type Entry =
  | { readonly kind: 'whole'; readonly path: string; readonly bytes: Buffer }
  /** `retry`: it may yet come or be completed. */
  | { readonly kind: 'absent'; readonly retry: boolean; readonly text: string }

/** Where the entry may lie. v3 writes an absolute path or one below its working directory, v2 one below the storage folder that begins with a slash. */
export const candidates = (named: string, storage: string, index: string | undefined): readonly string[] => {
  const parts = named.split('/').filter((part) => part !== '')
  const inside = [
    resolve(named),
    resolve(join(storage, named)),
    resolve(join(dirname(storage), named)),
    ...(index === undefined ? [] : [resolve(join(dirname(index), named))]),
    // `<day>/<minute>/<entry>`, whatever the server calls the folders above: it may see them under another mount point.
    ...(parts.length >= 3 ? [resolve(join(storage, ...parts.slice(-3)))] : []),
  ]
  return [...new Set(inside)].filter((path) => path.startsWith(storage + sep))
}

export const readEntry = async (paths: readonly string[], storage: string, limit: number): Promise<Entry> => {
  if (paths.length === 0)
    return { kind: 'absent', retry: false, text: 'the index names an entry outside the storage folder' }
  let text = 'the entry that the index names does not exist'
  for (const path of paths) {
    const outcome = await readOne(path, storage, limit).catch((error: NodeJS.ErrnoException) => error.code ?? 'EIO')
    if (typeof outcome === 'object') return outcome
    if (outcome !== 'ENOENT' && outcome !== 'ENOTDIR') text = `the entry cannot be read: ${outcome}`
  }
  return { kind: 'absent', retry: true, text }
}

const readOne = async (path: string, storage: string, limit: number): Promise<Entry | string> => {
  // Folders may be links (a mounted volume) as long as they stay inside; the entry itself may not.
  const folder = await realpath(dirname(path))
  if (folder !== storage && !folder.startsWith(storage + sep))
    return { kind: 'absent', retry: false, text: 'the entry lies outside the storage folder' }
  const handle = await open(
    join(folder, basename(path)),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  )
  try {
    const status = await handle.stat()
    if (!status.isFile()) return { kind: 'absent', retry: false, text: 'the entry is no regular file' }
    const bytes = Buffer.allocUnsafeSlow(Math.min(status.size, limit))
    let filled = 0
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return { kind: 'whole', path, bytes: bytes.subarray(0, filled) }
  } finally {
    await handle.close()
  }
}

/** Whether the document ends where one can end: `}` for JSON, the Z part for native, in either dialect. */
export const isComplete = (bytes: Buffer): boolean => {
  let end = bytes.length
  while (end > 0 && bytes[end - 1]! <= 32) end--
  if (end === 0) return false
  const first = bytes.subarray(0, 64).toString('latin1').trimStart()[0]
  if (first === '{') return bytes[end - 1] === 0x7d
  return /Z--$/.test(bytes.subarray(Math.max(0, end - 8), end).toString('latin1'))
}
