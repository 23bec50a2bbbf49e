/**
 * The index of a concurrent audit log: one line per transaction, which says in which file its record lies.
 *
 *   v3      host ip - [time] "request" status bytes referer "agent" id referer path 0 size md5:…
 *   v2      host ip user - [time] "request" status bytes "referer" "agent" id "session" path 0 size md5:…
 *   Coraza  four lines, of which the last is `id - path`
 *
 * Request, referer and agent stand there unescaped, so an attacker can write a whole index line of his own into them:
 * the path is the last word before offset, size and digest, which only the engine writes. So a storage folder must
 * have no blank in its name. The path is still not to be trusted: an id may come from the client. Whoever opens it
 * must stay inside of the storage folder.
 */
import type { Unread } from '../kit/parse.ts'

export interface IndexEntry {
  /** As logged: relative to the storage folder, or absolute. */
  readonly path: string
  readonly transactionId: string
  /** Where the record begins in its file, in bytes. */
  readonly offset: number
  /** Length of the record in bytes, when the index says so. */
  readonly size?: number
  /** Hex digest of the record's file, when the index says so. */
  readonly md5?: string
}

export type IndexLine = { readonly entry: IndexEntry } | { readonly unread: Unread } | { readonly skip: string }

const END = / (\d{1,15}) (\d{1,15})(?:\.\d{1,9})?(?: md5:([0-9a-f]{32}))?$/
/** `20261122-044817-` before the id in a file name. */
const FILE = /(?:^|\/)\d{8}-\d{6}-([^/ ]{1,256})$/

const SHAPE: IndexLine = {
  unread: { code: 'INDEX_SHAPE', text: 'the line does not end in "path offset size md5:digest"' },
}

export const readIndexLine = (line: string): IndexLine => {
  const text = line.trimEnd()
  if (text === '') return { unread: { code: 'RECORD_EMPTY', text: 'the index line is blank' } }
  const end = END.exec(text.slice(-96))
  if (!end) return readCorazaLine(text)
  const head = text.slice(0, text.length - end[0].length)
  const path = head.slice(head.lastIndexOf(' ') + 1)
  const transactionId = FILE.exec(path)?.[1]
  if (transactionId === undefined || path.includes('\0')) return SHAPE
  return {
    entry: {
      path,
      transactionId,
      offset: Number(end[1]),
      size: Number(end[2]),
      ...(end[3] === undefined ? {} : { md5: end[3] }),
    },
  }
}

const readCorazaLine = (text: string): IndexLine => {
  // The request and the status of the entry that follows; the client's bytes stand behind a blank and a quote.
  if (/^ (?:"|\d{1,3}$)/.test(text) || /^\S{0,64} \S{0,64} - - \[[^\]]{1,64}\]$/.test(text))
    return { skip: 'an index line of Coraza that names no file' }
  const words = text.split(' ', 4)
  const [transactionId, dash, path] = words
  if (words.length !== 3 || dash !== '-' || !path || path.includes('\0') || FILE.exec(path)?.[1] !== transactionId)
    return SHAPE
  return { entry: { path, transactionId: transactionId!, offset: 0 } }
}
