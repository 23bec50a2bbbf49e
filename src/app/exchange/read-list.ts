/**
 * Reading somebody else's list.
 *
 *   enters   a file or standard input, and what it comes from: CrowdSec, fail2ban, or anybody (csv)
 *   leaves   every entry as it was written, and every piece that could not be read, with its place
 *   promise  total: whatever the bytes, each entry is handed over once, in memory that does not grow with the list; a
 *            piece that cannot be read does not stop the rest
 *
 * What becomes of an entry is decided in `judge.ts`; `harvest.ts` folds what is left into commands.
 */
import { Failure } from '../../core/failure.ts'
import { readDatabase } from './database-reader.ts'
import { createFail2banReader } from './fail2ban-reader.ts'
import { type Input, natureOf } from './input.ts'
import type { Found, Reader } from './item.ts'
import { createJailReader, looksLikeJails } from './jail-reader.ts'
import { createJsonReader } from './json-reader.ts'
import { createListReader } from './list-reader.ts'
import { createWhitelistReader } from './whitelist-reader.ts'

export const SOURCES = ['crowdsec', 'fail2ban', 'csv'] as const
export type Source = (typeof SOURCES)[number]

/** The first line that says something begins like YAML's mapping of keys. */
const looksLikeYaml = (head: string): boolean =>
  /^(?:---|[a-z_]+:(?:\s|$))/.test(head.replace(/^(?:[ \t]*(?:#.*)?\r?\n)+/, ''))

const readerFor = (source: Source, head: string): Reader => {
  const text = head.replace(/^\ufeff/, '').trimStart()
  if (source === 'fail2ban') return looksLikeJails(text) ? createJailReader() : createFail2banReader()
  if (/^[[{]/.test(text)) return createJsonReader()
  return source === 'crowdsec' && looksLikeYaml(text) ? createWhitelistReader() : createListReader()
}

const fromDatabase = (source: Source, input: Input): Iterable<Found> => {
  if (input.path === undefined)
    throw new Failure('IMPORT_INPUT', 'a database cannot be read from standard input', { remedy: 'Name the file.' })
  if (source === 'csv')
    throw new Failure('IMPORT_INPUT', `${input.name} is a database`, {
      remedy: `Say whose it is: riposte import crowdsec ${input.name}, or fail2ban.`,
    })
  return readDatabase(input.path, source)
}

/** Calls `visit` for everything found, in order, and `onBytes` as reading goes on. */
export const readList = async (
  source: Source,
  input: Input,
  visit: (found: Found) => void,
  onBytes: (bytes: number) => void = () => {},
): Promise<void> => {
  let reader: Reader | undefined
  let decoder = new TextDecoder()
  let bytes = 0
  for await (const chunk of input.chunks) {
    if (!reader) {
      const nature = natureOf(chunk, input.name)
      if (nature.kind === 'database') {
        for (const found of fromDatabase(source, input)) visit(found)
        return
      }
      decoder = new TextDecoder(nature.encoding)
    }
    const text = decoder.decode(chunk, { stream: true })
    reader ??= readerFor(source, text)
    for (const found of reader.push(text)) visit(found)
    bytes += chunk.length
    onBytes(bytes)
  }
  if (!reader) return
  for (const found of reader.push(decoder.decode())) visit(found)
  for (const found of reader.end()) visit(found)
}
