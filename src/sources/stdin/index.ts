/**
 * Standard input until its end: one stream, bytes as they come, at most one read ahead.
 * What was piped cannot be read again, so the cursor is only a count; a restart begins anew.
 */
import type { Readable } from 'node:stream'
import type { Cursor, Source, SourceItem } from '../../kit/source.ts'

export interface StdinSourceOptions {
  readonly id?: string
  /** Where the bytes come from; the process's standard input unless given. */
  readonly input?: Readable
}

export const createStdinSource = (options: StdinSourceOptions): Source => {
  const id = options.id ?? 'stdin'
  return { id, read: (_cursors, signal) => read(id, options.input ?? process.stdin, signal) }
}

async function* read(source: string, input: Readable, signal: AbortSignal): AsyncGenerator<SourceItem> {
  let offset = 0
  const cursor = (): Cursor => ({ source, stream: 'stdin', offset, facts: {} })
  const stop = () => input.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const bytes of input as AsyncIterable<Buffer>) {
      if (signal.aborted) return
      yield { kind: 'bytes', cursor: cursor(), bytes, path: '-' }
      offset += bytes.length
      // A terminal or a slow pipe: what has come should not wait for what has not.
      if (input.readableLength === 0) yield { kind: 'idle' }
    }
  } catch (error) {
    if (!signal.aborted) throw error
    return
  } finally {
    signal.removeEventListener('abort', stop)
  }
  if (signal.aborted) return
  yield { kind: 'end', cursor: { ...cursor(), done: true }, path: '-' }
  yield { kind: 'idle' }
}
