/**
 * One life of one file, read through an open descriptor: renaming, deleting or replacing its name does not disturb it.
 *
 * Promised of every chunk: its bytes belong to this life. A file can be cut and refilled between any two system calls,
 * so a chunk is read first and only then is the file's beginning compared with what it was; the bytes of a life are
 * written once, so an unchanged beginning after the read proves that the read came before the cut.
 */
import type { FileHandle } from 'node:fs/promises'
import { digest, HEAD, readAt, streamName, TAIL } from './fingerprint.ts'
import { gunzip } from './gunzip.ts'
import { beginsLike, type Known } from './known.ts'

/**
 * `growing`: what its place names now. `rotated`: bears its place's name no more, but may still be written to.
 * `still`: a copy or archive; nobody writes to it.
 */
export type LifeKind = 'growing' | 'rotated' | 'still'

export type Pulled =
  /** `before`: what is known of the stream as it stands before these bytes. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly before: Known }
  | { readonly kind: 'dry' }
  /** The file was cut or rewritten: what we know of it is gone. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'broken'; readonly why: string }

export interface LifeStart {
  readonly handle: FileHandle
  readonly kind: LifeKind
  readonly place: string
  readonly path: string
  readonly device: string
  readonly inode: string
  readonly gzip: boolean
  /** The stream that goes on here; absent for one that begins. */
  readonly from?: Known
  readonly writerSeen?: boolean
  readonly now: number
  readonly since: number
  /** Most bytes of one chunk. */
  readonly chunk: number
  /** Makes a stream's name unique. */
  name(base: string): string
}

export class Life {
  readonly handle: FileHandle
  readonly place: string
  readonly device: string
  readonly inode: string
  readonly gzip: boolean
  kind: LifeKind
  path: string
  stream: string | undefined
  offset = 0
  size = 0
  modified = 0
  writerSeen: boolean
  /** No bytes were waiting when last asked. */
  dry = false
  /** When it last grew, lost its name, and who holds it is looked at next; ms, by a clock that never jumps. */
  grewAt: number
  rotatedAt = 0
  nextHolderCheck = 0
  /** Was dry after it lost its name: its successor may be read beside it. */
  caughtUp = false
  held = false
  readonly openedAt: number
  readonly since: number
  /** Bytes that the stream is known to have had: what is missing at its end was destroyed. */
  readonly expected: number
  readonly #from: Known | undefined
  #overtaken = false
  readonly #chunk: number
  readonly #name: (base: string) => string
  #head: Buffer = Buffer.alloc(0)
  #headHash = ''
  #tail: Buffer = Buffer.alloc(0)
  #checked = -1
  #unzipped = 0
  #unzip: AsyncGenerator<Buffer, string | undefined> | undefined

  constructor(start: LifeStart) {
    this.handle = start.handle
    this.kind = start.kind
    this.place = start.place
    this.path = start.path
    this.device = start.device
    this.inode = start.inode
    this.gzip = start.gzip
    this.stream = start.from?.stream
    this.offset = start.from?.offset ?? 0
    this.writerSeen = start.writerSeen ?? start.from?.writerSeen ?? false
    this.expected = start.from?.size ?? 0
    this.#from = start.from
    this.#chunk = start.chunk
    this.#name = start.name
    this.grewAt = start.now
    this.openedAt = start.now
    this.since = start.since
    if (start.kind !== 'growing') this.rotatedAt = start.now
  }

  /** The open file, for another life of it. */
  get file(): Pick<LifeStart, 'handle' | 'path' | 'device' | 'inode'> {
    return { handle: this.handle, path: this.path, device: this.device, inode: this.inode }
  }

  /** Everything to know of it, as it stands before the next byte. */
  get known(): Known {
    if (this.#overtaken && this.#from) return this.#from
    return {
      stream: this.stream ?? '',
      offset: this.offset,
      done: false,
      place: this.place,
      path: this.path,
      device: this.device,
      inode: this.inode,
      head: this.#headHash,
      headLength: this.#head.length,
      tail: digest(this.#tail),
      tailAt: this.offset,
      size: Math.max(this.size, this.offset),
      modified: this.modified,
      since: this.since,
      writerSeen: this.writerSeen,
    }
  }

  /** Its place names another file now. */
  loseName(now: number): void {
    this.kind = 'rotated'
    this.rotatedAt = now
    this.nextHolderCheck = 0
    this.caughtUp = false
  }

  /** Whether these bytes, fewer than a head, are the first of this life. */
  beginsWith(bytes: Buffer): boolean {
    return bytes.length > 0 && this.#head.subarray(0, bytes.length).equals(bytes)
  }

  /** Loads what is remembered of the bytes before the position. To be called once, before the first pull. */
  async prepare(): Promise<void> {
    if (this.gzip) return
    const from = Math.max(0, this.offset - TAIL)
    this.#tail = await readAt(this.handle, from, this.offset - from)
    // After the tail, as in every read: only an unchanged beginning proves that the tail is of this life.
    this.#setHead(await readAt(this.handle, 0, HEAD))
    // Cut and refilled since it was recognised: it must not pass for the stream that it held a moment ago.
    if (this.#from && !beginsLike(this.#head, this.#from)) this.#overtaken = true
  }

  /** The next bytes. `final`: nothing more will come, so an incomplete first line must do for a name. */
  async pull(now: number, final: boolean): Promise<Pulled> {
    if (this.gzip) return this.#pullArchive()
    if (this.#overtaken) return { kind: 'replaced' }
    const status = await this.handle.stat()
    const size = status.size
    if (size > this.size) this.grewAt = now
    if (size < this.offset) return { kind: 'replaced' }
    if (size === this.offset) {
      this.#sighted(size, status.mtimeMs)
      this.dry = true
      // Cut and refilled to exactly the old size: only the times tell.
      if (status.mtimeMs !== this.#checked) {
        this.#checked = status.mtimeMs
        if (!(await this.#sameHead(undefined))) return { kind: 'replaced' }
      }
      return { kind: 'dry' }
    }
    let bytes = await readAt(this.handle, this.offset, Math.min(this.#chunk, size - this.offset))
    if (bytes.length === 0 || !(await this.#sameHead(bytes))) return { kind: 'replaced' }
    this.#sighted(size, status.mtimeMs)
    if (this.stream === undefined && bytes[0] === 0) bytes = this.#skipHole(bytes)
    if (bytes.length === 0) return this.pull(now, final)
    if (!this.#named(final)) {
      this.dry = true
      return { kind: 'dry' }
    }
    this.dry = false
    return this.#hand(bytes)
  }

  close(): Promise<void> {
    return this.handle.close().catch(() => {})
  }

  /** Also what was read before is decompressed again: the head and the tail must be known to go on from there. */
  async #pullArchive(): Promise<Pulled> {
    this.#unzip ??= gunzip(this.handle)
    for (;;) {
      const next = await this.#unzip.next()
      if (next.done) {
        this.dry = true
        return next.value === undefined ? { kind: 'dry' } : { kind: 'broken', why: next.value }
      }
      if (this.#unzipped === 0) this.#setHead(Buffer.from(next.value.subarray(0, HEAD)))
      this.#named(true)
      const skip = Math.min(next.value.length, Math.max(0, this.offset - this.#unzipped))
      this.#unzipped += next.value.length
      this.#remember(next.value.subarray(0, skip))
      if (skip < next.value.length) return this.#hand(next.value.subarray(skip))
    }
  }

  #hand(bytes: Buffer): Pulled {
    const before = this.known
    this.offset += bytes.length
    this.#remember(bytes)
    return { kind: 'bytes', bytes, before }
  }

  #remember(bytes: Buffer): void {
    this.#tail =
      bytes.length >= TAIL
        ? Buffer.from(bytes.subarray(bytes.length - TAIL))
        : Buffer.concat([this.#tail, bytes]).subarray(-TAIL)
  }

  /** A writer without O_APPEND goes on at its old offset after the file was cut: up to there the file is a hole. */
  #skipHole(bytes: Buffer): Buffer {
    const zeros = bytes.findIndex((byte) => byte !== 0)
    const skipped = zeros < 0 ? bytes.length : zeros
    this.offset += skipped
    return bytes.subarray(skipped)
  }

  #named(final: boolean): boolean {
    if (this.stream === undefined) {
      const base = streamName(this.#head, final)
      if (base !== undefined) this.stream = this.#name(base)
    }
    return this.stream !== undefined
  }

  /** The size is remembered only after the file proved to be in this life: it is what a loss is measured by. */
  #sighted(size: number, modified: number): void {
    this.size = size
    this.modified = modified
  }

  async #sameHead(bytes: Buffer | undefined): Promise<boolean> {
    if (this.#head.length === HEAD || bytes === undefined) {
      const now = await readAt(this.handle, 0, this.#head.length)
      return now.equals(this.#head)
    }
    // The beginning is still growing: it must hold what it held, and what was just read where that lies in it.
    const now = await readAt(this.handle, 0, HEAD)
    const read = this.offset < HEAD ? bytes.subarray(0, HEAD - this.offset) : undefined
    if (now.length < this.#head.length || !now.subarray(0, this.#head.length).equals(this.#head)) return false
    if (read && !now.subarray(this.offset, this.offset + read.length).equals(read)) return false
    this.#setHead(now)
    return true
  }

  #setHead(head: Buffer): void {
    this.#head = head
    this.#headHash = digest(head)
  }
}
