/** Where a list comes from: a file, or standard input; what it is, from its first bytes. */
import { createReadStream, statSync } from 'node:fs'
import { Failure } from '../../core/failure.ts'

export interface Input {
  /** As people name it; `stdin` for standard input. */
  readonly name: string
  /** Absent for standard input. */
  readonly path?: string
  /** In bytes; absent where it is not known beforehand. */
  readonly size?: number
  readonly chunks: AsyncIterable<Uint8Array>
}

/** `-` is standard input. Throws what the file system throws when there is no such file. */
export const openInput = (file: string, stdin: AsyncIterable<Uint8Array> = process.stdin): Input => {
  if (file === '-') return { name: 'stdin', chunks: stdin }
  const found = statSync(file)
  if (found.isDirectory())
    throw new Failure('IMPORT_INPUT', `${file} is a folder`, { remedy: 'Name a file; for several, import each.' })
  return {
    name: file,
    path: file,
    ...(found.isFile() ? { size: found.size } : {}),
    chunks: createReadStream(file, { highWaterMark: 256 * 1024 }),
  }
}

export type Nature = { readonly kind: 'database' } | { readonly kind: 'text'; readonly encoding: string }

const startsWith = (head: Uint8Array, ...bytes: readonly number[]): boolean =>
  bytes.every((byte, i) => head[i] === byte)

/** What the first bytes say. Throws IMPORT_INPUT for archives. */
export const natureOf = (head: Uint8Array, name: string): Nature => {
  if (Buffer.from(head.subarray(0, 16)).toString('latin1') === 'SQLite format 3\0') return { kind: 'database' }
  if (startsWith(head, 0x1f, 0x8b) || startsWith(head, 0x50, 0x4b, 3, 4) || startsWith(head, 0xfd, 0x37, 0x7a))
    throw new Failure('IMPORT_INPUT', `${name} is compressed`, {
      remedy: 'Unpack it on the way: zcat FILE | riposte import … -',
    })
  if (startsWith(head, 0xff, 0xfe)) return { kind: 'text', encoding: 'utf-16le' }
  if (startsWith(head, 0xfe, 0xff)) return { kind: 'text', encoding: 'utf-16be' }
  return { kind: 'text', encoding: 'utf-8' }
}
