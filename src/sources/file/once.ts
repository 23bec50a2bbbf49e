/** Reads files as they are now, one after another, each to its end: what a replay wants. */
import { access } from 'node:fs/promises'
import { Failure } from '../../core/failure.ts'
import type { Cursor, SourceItem } from '../../kit/source.ts'
import { finding } from './finding.ts'
import { cursorOf, type Known, kinship, knownOf } from './known.ts'
import { Life } from './life.ts'
import { codeOf, expand, find } from './listing.ts'

export interface OnceOptions {
  readonly id: string
  readonly patterns: readonly string[]
  readonly chunk: number
  readonly clock: () => number
}

/** Throws SOURCE_UNREADABLE before the first byte when a file is missing or closed to us: a replay of half the files would mislead. */
export async function* readOnce(
  o: OnceOptions,
  cursors: readonly Cursor[],
  signal: AbortSignal,
): AsyncGenerator<SourceItem> {
  const known = cursors.map(knownOf).filter((k): k is Known => k !== undefined)
  const paths = await expand(o.patterns)
  if (paths.length === 0)
    throw new Failure('SOURCE_UNREADABLE', `no file matches ${o.patterns.join(', ')}`, {
      remedy: 'Check the path or pattern.',
    })
  for (const path of paths) await access(path).catch((error) => unreadable(path, error))
  const names = new Set<string>()
  for (const path of paths) {
    const file = await find(path).catch((error) => unreadable(path, error))
    if (!file)
      throw new Failure('SOURCE_UNREADABLE', `${path} is not a regular file`, {
        remedy: 'Name a log file; for standard input write - instead.',
      })
    let from: Known | undefined
    for (const candidate of known)
      if (!file.gzip && candidate.place === path && (await kinship(file, candidate)) === 'same') from = candidate
    const life = new Life({
      ...file,
      kind: 'still',
      place: path,
      now: o.clock(),
      since: 0,
      chunk: o.chunk,
      ...(from ? { from } : {}),
      name: (base) => {
        let name = base
        for (let n = 2; names.has(name); n++) name = `${base}~${n}`
        names.add(name)
        return name
      },
    })
    try {
      await life.prepare()
      while (!signal.aborted) {
        const pulled = await life.pull(o.clock(), true)
        if (pulled.kind === 'bytes')
          yield { kind: 'bytes', cursor: cursorOf(o.id, pulled.before), bytes: pulled.bytes, path }
        else {
          if (pulled.kind === 'broken')
            yield { kind: 'finding', finding: finding('source.archive_broken', path, o.clock(), pulled.why) }
          break
        }
      }
      if (signal.aborted) return
      if (life.stream !== undefined) yield { kind: 'end', cursor: cursorOf(o.id, { ...life.known, done: true }), path }
    } finally {
      await life.close()
    }
  }
  yield { kind: 'idle' }
}

const unreadable = (path: string, error: unknown): never => {
  throw new Failure('SOURCE_UNREADABLE', `cannot read ${path}: ${codeOf(error)}`, {
    remedy: codeOf(error) === 'ENOENT' ? 'Check the path.' : 'Give the user that runs Riposte read access to it.',
    cause: error,
  })
}
