/** Index bytes to lines, however they were cut into chunks. Keeps at most one line of bounded length. */

/** The longest line that can be meant seriously: v3 copies the whole request line into it. */
const LIMIT = 64 * 1024

export interface IndexLine {
  /** Without its newline; undefined when it was too long to keep. */
  readonly bytes: Buffer | undefined
  /** With its newline. */
  readonly length: number
  /** Offset behind its newline. */
  readonly end: number
}

export class IndexLines {
  #kept: Buffer[] = []
  #length = 0
  #position: number

  constructor(start: number) {
    this.#position = start
  }

  /** Bytes of a line that is not complete. */
  get pending(): number {
    return this.#length
  }

  *push(chunk: Uint8Array): Generator<IndexLine> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let from = 0
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      this.#keep(bytes.subarray(from, at))
      const length = this.#length + 1
      const line = this.#length > LIMIT ? undefined : Buffer.concat(this.#kept)
      this.#position += length
      this.#kept = []
      this.#length = 0
      from = at + 1
      yield { bytes: line, length, end: this.#position }
    }
    this.#keep(bytes.subarray(from))
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length
    if (this.#length <= LIMIT) this.#kept.push(piece)
    else this.#kept = []
  }
}
