/**
 * The concurrent source: an index with one line per transaction, and one file per transaction below a storage folder.
 *
 * Enters: the index (followed by the file source, so every rotation of it is survived) or, without one, the storage
 * folder itself. Leaves: each entry once as a `record` whose cursor lies behind its index line; an entry that does not
 * come, or that the index cannot really mean, as `unread`. Promised: no byte from outside the storage folder is ever
 * read, whatever the index says; an entry larger than the limit is handed out cut (the parser will say so); entries are
 * awaited a bounded time, and one that is awaited holds up only those behind it.
 */
import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Cursor, Source, SourceItem } from '../../kit/source.ts'
import { createFileSource, type FileSourceOptions } from '../file/index.ts'
import { candidates, type Entry, isComplete, readEntry } from './entry.ts'
import { IndexLines } from './index-lines.ts'
import { walk } from './walk.ts'

export type IndexMeaning =
  | { readonly path: string }
  | { readonly unread: { readonly text: string } }
  /** Names no entry and need not (Coraza writes four lines for each). */
  | { readonly skip: string }

export interface ConcurrentSourceOptions {
  readonly id?: string
  /** The index file; without one the storage folder is walked. */
  readonly index?: string
  /** The folder that entries lie below. */
  readonly storageDir: string
  /** What an index line means; the `parse` room's knowledge. */
  readIndexLine(line: Uint8Array): IndexMeaning
  readonly follow: boolean
  /** Bytes of an entry that are read, 1 MiB unless given. */
  readonly limit?: number
  /** How long an entry that is not there or not complete is awaited, ms; 1,000 unless given. */
  readonly patience?: number
  readonly timing?: FileSourceOptions['timing']
}

/** ms */
const RETRY = 20
const PATIENCE = 1000

export const createConcurrentSource = (options: ConcurrentSourceOptions): Source => {
  const id = options.id ?? `concurrent:${options.index ?? options.storageDir}`
  const limit = options.limit ?? 1024 * 1024
  return {
    id,
    read: (cursors, signal) =>
      options.index === undefined
        ? walk({ id, storage: options.storageDir, follow: options.follow, limit }, cursors, signal)
        : readIndex(id, options.index, { ...options, limit }, cursors, signal),
  }
}

async function* readIndex(
  id: string,
  index: string,
  options: ConcurrentSourceOptions & { readonly limit: number },
  cursors: readonly Cursor[],
  signal: AbortSignal,
): AsyncGenerator<SourceItem> {
  const { follow, timing } = options
  const file = createFileSource({ id, paths: [index], follow, ...(timing ? { timing } : {}) })
  const streams = new Map<string, IndexLines>()
  for await (const item of file.read(cursors, signal)) {
    if (item.kind === 'bytes' && item.bytes.length > 0) {
      const { stream } = item.cursor
      const lines = streams.get(stream) ?? new IndexLines(item.cursor.offset)
      streams.set(stream, lines)
      // Counted from here for all lines of the chunk: an index whose entries were deleted must not cost a wait for each.
      const deadline = performance.now() + (options.patience ?? PATIENCE)
      for (const line of lines.push(item.bytes)) {
        const entry = await entryOf(line.bytes, index, options, deadline, signal)
        // Aborted while waiting: the line was not dealt with, so no cursor may say so.
        if (!entry) return
        if (entry.kind !== 'skip') yield toItem(entry, { ...item.cursor, offset: line.end }, line.length, item.path)
      }
    } else if (item.kind === 'end') {
      const torn = streams.get(item.cursor.stream)?.pending ?? 0
      streams.delete(item.cursor.stream)
      if (torn > 0) {
        const text = 'the index ends within a line'
        yield { kind: 'unread', cursor: item.cursor, code: 'INDEX_SHAPE', text, path: item.path, length: torn }
      }
      yield item
    } else yield item
  }
}

type Outcome = Entry | { readonly kind: 'shape'; readonly text: string } | { readonly kind: 'skip' }

const entryOf = async (
  line: Buffer | undefined,
  index: string,
  { storageDir, readIndexLine, limit }: ConcurrentSourceOptions & { readonly limit: number },
  deadline: number,
  signal: AbortSignal,
): Promise<Outcome | undefined> => {
  if (!line) return { kind: 'shape', text: 'the index line is too long' }
  const read = readIndexLine(line)
  if ('skip' in read) return { kind: 'skip' }
  if ('unread' in read) return { kind: 'shape', text: read.unread.text }
  while (!signal.aborted) {
    const storage = await realpath(storageDir).catch(() => resolve(storageDir))
    const entry = await readEntry(candidates(read.path, storage, index), storage, limit)
    const settled = entry.kind === 'whole' ? entry.bytes.length >= limit || isComplete(entry.bytes) : !entry.retry
    if (settled || performance.now() >= deadline) return entry
    await new Promise((done) => setTimeout(done, RETRY))
  }
  return undefined
}

const toItem = (entry: Exclude<Outcome, { kind: 'skip' }>, cursor: Cursor, length: number, path: string): SourceItem =>
  entry.kind === 'whole'
    ? { kind: 'record', cursor, bytes: entry.bytes, path: entry.path }
    : {
        kind: 'unread',
        cursor,
        code: entry.kind === 'shape' ? 'INDEX_SHAPE' : 'CONCURRENT_MISSING',
        text: entry.text,
        path,
        length,
      }
