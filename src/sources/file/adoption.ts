/**
 * Whether a file on disk goes on with a stream that is known, begins a new one, or holds nothing unread.
 * Content decides, the inode only prefers: inodes are reused, device numbers change with a reboot.
 */
import { HEAD } from './fingerprint.ts'
import { gunzip } from './gunzip.ts'
import { findWriters } from './holders.ts'
import { beginsLike, type Kinship, type Known, kinship } from './known.ts'
import type { Life, LifeKind } from './life.ts'
import { codeOf, type Found, find, hasOriginal, type Look, type Sibling } from './listing.ts'
import type { Register } from './register.ts'

export type Adopted =
  /** Nothing to read until the file changes. */
  | { readonly kind: 'settled' }
  /** To be asked again soon: a copy of what is still being read elsewhere, an archive that is just being made, or a file renamed just now. */
  | { readonly kind: 'later' }
  | {
      readonly kind: 'open'
      readonly file: Found
      readonly from?: Known
      /** Nobody writes to it. */
      readonly still: boolean
    }

const RANK: readonly Kinship[] = ['same', 'copy', 'stub']

/** Looks into the file that was seen. Undefined when it is no regular file; throws what opening throws. */
export const adopt = async (seen: Look, kind: LifeKind, register: Register): Promise<Adopted | undefined> => {
  const file = await find(seen.path)
  if (!file) return undefined
  // Renamed between the look and the opening: what this one is says nothing of the one that was seen.
  if (file.inode !== seen.inode || file.device !== seen.device) {
    await file.handle.close()
    return { kind: 'later' }
  }
  const adopted = await judge(file, kind, register).catch(async (error) => {
    await file.handle.close()
    throw error
  })
  if (adopted.kind !== 'open') await file.handle.close()
  return adopted
}

const judge = async (file: Found, kind: LifeKind, register: Register): Promise<Adopted> => {
  const known = [...register.known.values()]
  const settled: Adopted = { kind: 'settled' }
  if (file.gzip) {
    if (await hasOriginal(file.path)) return { kind: 'later' }
    const head = await archiveHead(file)
    if (register.lives.some((life) => life.beginsWith(head))) return settled
    const match = known.filter((k) => beginsLike(head, k))
    if (match.some((k) => k.done || register.lifeOfStream(k.stream))) return settled
    return { kind: 'open', file, still: true, ...(match[0] ? { from: match[0] } : {}) }
  }
  if (kind !== 'growing' && file.size === 0) return settled
  // Nothing is known yet of a life that was not read, nor can the hash of a head be compared with a shorter head.
  const unnamed = (life: Life) => file.size < HEAD || life.stream === undefined
  if (register.lives.some((life) => unnamed(life) && life.beginsWith(file.head)))
    return kind === 'growing' ? { kind: 'later' } : settled

  let best: { kin: Kinship; known: Known } | undefined
  for (const candidate of known) {
    const kin = await kinship(file, candidate)
    if (kin && (!best || RANK.indexOf(kin) < RANK.indexOf(best.kin))) best = { kin, known: candidate }
  }
  const fresh: Adopted = { kind: 'open', file, still: false }
  if (!best) return fresh
  const unread = file.size > best.known.offset
  const rest: Adopted = { ...fresh, from: best.known }
  if (best.kin === 'same') return unread || !best.known.done ? rest : settled
  if (register.lifeOfStream(best.known.stream)) return kind === 'growing' ? { kind: 'later' } : settled
  if (best.kin === 'stub') return kind === 'growing' ? fresh : settled
  return unread ? { ...rest, still: kind !== 'growing' } : settled
}

const archiveHead = async (file: Found): Promise<Buffer> => {
  const bytes = gunzip(file.handle)
  const first = await bytes.next()
  await bytes.return(undefined)
  return first.done ? Buffer.alloc(0) : first.value.subarray(0, HEAD)
}

export interface Remembered {
  readonly file: Found
  readonly kin: 'same' | 'copy'
}

export interface Search {
  readonly found?: Remembered
  /** Nothing was found, but this file could not be looked into. */
  readonly closed?: { readonly path: string; readonly code: string }
  /** Nothing was found, but it has just been seen. */
  readonly moving?: boolean
}

/** Where a stream that a cursor remembers goes on: its own file under any name, even deleted if somebody still holds it, or a copy or archive of it. */
export const findRemembered = async (known: Known, files: readonly Sibling[]): Promise<Search> => {
  for (const look of files) {
    if (look.inode !== known.inode) continue
    const file = await find(look.path).catch(codeOf)
    // Renamed since it was listed, or not for our eyes: in neither case is it gone.
    if (typeof file === 'string')
      return file === 'ENOENT' ? { moving: true } : { closed: { path: look.path, code: file } }
    if (file && !file.gzip && (await kinship(file, known).catch(() => undefined)) === 'same')
      return { found: { file, kin: 'same' } }
    await file?.handle.close()
  }
  // Before any copy: what somebody still writes to goes on growing after it was copied or compressed.
  const deleted = await findDeleted(known)
  return deleted ? { found: deleted } : findCopy(known, files)
}

/** A copy with bytes that were not read yet, the longest; an archive only when there is no plain copy. */
export const findCopy = async (known: Known, files: readonly Sibling[]): Promise<Search> => {
  let best: Found | undefined
  let closed: Search['closed']
  let moving = false
  // A copy is at least as young as what was last read of its original; the margin is for coarse file systems.
  for (const look of files.filter((f) => f.size > 0 && f.modified >= known.modified - 2000)) {
    const file = await find(look.path).catch(codeOf)
    if (typeof file === 'string') {
      if (file === 'ENOENT') moving = true
      else if (look.rotated) closed = { path: look.path, code: file }
    } else if (file && file.inode !== look.inode) {
      moving = true
      await file.handle.close()
    } else if (file && (await holdsMore(file, known, best).catch(() => false))) {
      await best?.handle.close()
      best = file
    } else await file?.handle.close()
  }
  if (best) return { found: { file: best, kin: 'copy' } }
  return { moving, ...(closed ? { closed } : {}) }
}

const holdsMore = async (file: Found, known: Known, best: Found | undefined): Promise<boolean> => {
  if (file.gzip) return !best && !(await hasOriginal(file.path)) && beginsLike(await archiveHead(file), known)
  if (file.size <= known.offset || (best && !best.gzip && best.size >= file.size)) return false
  const kin = await kinship(file, known)
  return kin === 'copy' || kin === 'stub'
}

const findDeleted = async (known: Known): Promise<Remembered | undefined> => {
  const link = (await findWriters(new Set([`${known.device}:${known.inode}`]))).values().next().value
  const file = link === undefined ? undefined : await find(link).catch(() => undefined)
  if (file && (await kinship(file, known).catch(() => undefined)) === 'same')
    return { file: { ...file, path: known.path }, kin: 'same' }
  await file?.handle.close()
  return undefined
}
