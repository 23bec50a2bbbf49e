/**
 * What is remembered of a stream, and how a file found on disk is recognised as one of them.
 *
 * The facts hold hashes, never bytes: a log's first line may carry a password, and cursors are stored unredacted.
 */
import type { Cursor } from '../../kit/source.ts'
import { digest, NAME, readAt, streamName, TAIL } from './fingerprint.ts'
import type { Found } from './listing.ts'

export interface Known {
  readonly stream: string
  /** Next byte to read. */
  readonly offset: number
  readonly done: boolean
  /** The configured place under which the stream was written. */
  readonly place: string
  /** Where it was last seen. */
  readonly path: string
  readonly device: string
  readonly inode: string
  /** Hash of the first `headLength` bytes. */
  readonly head: string
  readonly headLength: number
  /** Hash of the at most 1,024 bytes before `tailAt`, which had been delivered when the facts were taken. */
  readonly tail: string
  readonly tailAt: number
  /** Size and modification time (ms) when it was last looked at. */
  readonly size: number
  readonly modified: number
  /** When its place was first looked at (ms): a rotated file that was last written before is history, a later one is ours. */
  readonly since: number
  /** A process was seen that had it open for writing: the process table can be trusted about this writer. */
  readonly writerSeen: boolean
}

export const cursorOf = (source: string, known: Known): Cursor => {
  const { stream, offset, done, ...facts } = known
  return { source, stream, offset, facts, ...(done ? { done } : {}) }
}

const PLACE = 'place:'

/** Remembers since when a place is read that has not had a byte yet: what is rotated there from now on is ours. */
export const placeCursor = (source: string, place: string, since: number): Cursor => ({
  source,
  stream: PLACE + place,
  offset: 0,
  facts: { since },
})

/** Since when a place is read, as far as cursors know. */
export const sinceOf = (cursors: readonly Cursor[]): Map<string, number> => {
  const since = new Map<string, number>()
  for (const cursor of cursors) {
    const place = cursor.stream.startsWith(PLACE) ? cursor.stream.slice(PLACE.length) : knownOf(cursor)?.place
    const time = cursor.facts['since']
    if (place !== undefined && typeof time === 'number') since.set(place, Math.min(time, since.get(place) ?? time))
  }
  return since
}

/** Undefined when the facts are not ours: another version's or another source's. */
export const knownOf = (cursor: Cursor): Known | undefined => {
  const { facts } = cursor
  const text = (key: string) => (typeof facts[key] === 'string' ? facts[key] : undefined)
  const number = (key: string) => (typeof facts[key] === 'number' ? facts[key] : undefined)
  const place = text('place')
  const head = text('head')
  const headLength = number('headLength')
  const tailAt = number('tailAt')
  if (place === undefined || head === undefined || headLength === undefined || tailAt === undefined) return undefined
  return {
    stream: cursor.stream,
    offset: cursor.offset,
    done: cursor.done === true,
    place,
    path: text('path') ?? place,
    device: text('device') ?? '',
    inode: text('inode') ?? '',
    head,
    headLength,
    tail: text('tail') ?? '',
    tailAt,
    size: number('size') ?? cursor.offset,
    modified: number('modified') ?? 0,
    since: number('since') ?? 0,
    writerSeen: facts['writerSeen'] === true,
  }
}

/** `same`: the file itself, perhaps renamed. `copy`: holds the stream's bytes at least up to where they were delivered. `stub`: begins like it, but ends before that. */
export type Kinship = 'same' | 'copy' | 'stub' | undefined

/** Whether a file with this head may hold the stream. Too short for the head's hash, its first line must do, which named the stream. */
export const beginsLike = (head: Buffer, known: Known): boolean =>
  head.length < known.headLength
    ? streamName(head, true) === known.stream.slice(0, NAME)
    : known.headLength > 0 && digest(head.subarray(0, known.headLength)) === known.head

/** Is this plain file the stream, or a copy of it? */
export const kinship = async (file: Found, known: Known): Promise<Kinship> => {
  if (!beginsLike(file.head, known)) return undefined
  const same = file.inode === known.inode
  // A shorter file of the same inode was cut: what it holds now is another life, whatever its first bytes.
  if (file.size < known.tailAt) return same ? undefined : 'stub'
  if (known.tailAt > known.headLength) {
    const from = Math.max(0, known.tailAt - TAIL)
    if (digest(await readAt(file.handle, from, known.tailAt - from)) !== known.tail) return undefined
  }
  return same ? 'same' : 'copy'
}
