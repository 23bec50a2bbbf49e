/**
 * A storage folder without an index: every entry once, in the order in which they were written.
 *
 * Names cannot order them: an entry is named after the start of its request and written at its end, so a slow request
 * appears late under an old name. Modification times can: what appears now is modified now. The cursor is the last
 * entry handed out, by time and then by path; entries younger than LAG wait, so that two written in the same instant
 * are always seen together.
 */
import { lstat, readdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Cursor, SourceItem } from '../../kit/source.ts'
import { readEntry } from './entry.ts'

export interface WalkOptions {
  readonly id: string
  readonly storage: string
  readonly follow: boolean
  readonly limit: number
}

/** ms. Also the time in which a writer must complete an entry. */
const LAG = 1000
const PAUSE = 250
/** Entries whose places are remembered at once: the rest is listed again. */
const PAGE = 10_000

const DAY = 86_400_000_000_000n

interface Seen {
  /** Nanoseconds. */
  readonly time: bigint
  readonly path: string
}

const isAfter = (a: Seen, b: Seen): boolean => a.time > b.time || (a.time === b.time && a.path > b.path)

export async function* walk(
  o: WalkOptions,
  cursors: readonly Cursor[],
  signal: AbortSignal,
): AsyncGenerator<SourceItem> {
  const before = cursors.find((cursor) => cursor.stream === 'entries')
  let count = before?.offset ?? 0
  let last: Seen = { time: BigInt(before?.facts['time'] ?? -1), path: String(before?.facts['path'] ?? '') }
  let idle = false
  while (!signal.aborted) {
    const storage = await realpath(o.storage).catch(() => resolve(o.storage))
    const until = o.follow ? BigInt(Date.now() - LAG) * 1_000_000n : undefined
    const page = await list(storage, last, until)
    for (const seen of page) {
      if (signal.aborted) return
      const entry = await readEntry([join(storage, seen.path)], storage, o.limit)
      last = seen
      count++
      const facts = { time: String(seen.time), path: seen.path }
      const cursor = { source: o.id, stream: 'entries', offset: count, facts }
      const path = join(storage, seen.path)
      if (entry.kind === 'whole') yield { kind: 'record', cursor, bytes: entry.bytes, path }
      else yield { kind: 'unread', cursor, code: 'CONCURRENT_MISSING', text: entry.text, path, length: 0 }
    }
    if (page.length > 0) {
      idle = false
      continue
    }
    if (!idle) yield { kind: 'idle' }
    idle = true
    if (!o.follow) return
    await new Promise((done) => setTimeout(done, PAUSE))
  }
}

/** The next entries after `last`, oldest first, at most PAGE of them. */
const list = async (storage: string, last: Seen, until: bigint | undefined): Promise<Seen[]> => {
  const page: Seen[] = []
  const visit = async (folder: string, depth: number): Promise<void> => {
    for (const name of await readdir(join(storage, folder)).catch(() => [])) {
      const path = folder ? `${folder}/${name}` : name
      const status = await lstat(join(storage, path), { bigint: true }).catch(() => undefined)
      // Only an entry put into it changes a folder's time; a day's folder changes with each new minute below it.
      const since = depth === 0 ? last.time - DAY : last.time
      if (status?.isDirectory() && depth < 2 && status.mtimeNs >= since) await visit(path, depth + 1)
      if (!status?.isFile() || depth === 0) continue
      const seen = { time: status.mtimeNs, path }
      if (isAfter(seen, last) && (until === undefined || seen.time < until)) page.push(seen)
    }
  }
  await visit('', 0)
  return page.sort((a, b) => (isAfter(a, b) ? 1 : -1)).slice(0, PAGE)
}
