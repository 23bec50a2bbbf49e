/** A compressed log as bytes: streamed, in pieces of bounded size, and telling where it is broken. */
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { readAt } from './fingerprint.ts'

const PIECE = 256 * 1024
const READ = 64 * 1024

async function* compressed(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const bytes = await readAt(handle, position, READ)
    if (bytes.length === 0) return
    yield bytes
    position += bytes.length
  }
}

/**
 * Yields the decompressed bytes. Ends quietly; a truncated or corrupt archive yields what could be read and then
 * returns the reason. Does not close the handle.
 */
export async function* gunzip(handle: FileHandle): AsyncGenerator<Buffer, string | undefined> {
  // A stream made of the handle itself would leave it unusable once destroyed, and it is read again from its start.
  const stream = Readable.from(compressed(handle), { objectMode: true, highWaterMark: 1 })
  const plain = createGunzip({ chunkSize: PIECE })
  stream.on('error', (error) => plain.destroy(error))
  stream.pipe(plain)
  try {
    for await (const piece of plain as AsyncIterable<Buffer>) yield piece
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable'
  } finally {
    stream.destroy()
    plain.destroy()
  }
}
