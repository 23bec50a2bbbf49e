/**
 * What a file's bytes say about which file it is. Names, devices and inodes are all reused; content is not: the first
 * record of every audit log carries an id that no other log has.
 */
import { hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

/** Bytes at the beginning that identify a life. */
export const HEAD = 1024
/** Bytes before the reading position that prove a copy to be a copy up to there. */
export const TAIL = 1024

/** Characters of a stream's name; what follows them tells streams of the same first line apart. */
export const NAME = 16

export const digest = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex').slice(0, 32)

/** Reads `length` bytes at `position`; fewer only where the file ends. */
export const readAt = async (handle: FileHandle, position: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.allocUnsafeSlow(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled === length ? buffer : buffer.subarray(0, filled)
}

/**
 * The name of the stream that begins with these bytes: a hash of its first line. It depends on content alone, so a
 * reader that crashed before its first commit arrives at the same name. Undefined while the first line is incomplete,
 * unless nothing more will come (`final`).
 */
export const streamName = (head: Buffer, final: boolean): string | undefined => {
  const end = head.indexOf(10)
  if (end >= 0) return digest(head.subarray(0, end + 1)).slice(0, NAME)
  return head.length >= HEAD || (final && head.length > 0) ? digest(head).slice(0, NAME) : undefined
}

export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b
