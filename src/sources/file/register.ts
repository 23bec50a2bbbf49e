/** What the follower knows and has open, and what it is about to say. Shared by the survey (opens) and the follower (reads, ends). */
import type { Cursor, SourceItem } from '../../kit/source.ts'
import { cleared, type FindingCode, finding } from './finding.ts'
import { findWriters } from './holders.ts'
import { cursorOf, type Known, knownOf } from './known.ts'
import { Life, type LifeKind, type Pulled } from './life.ts'
import type { Found, Look } from './listing.ts'

export interface RegisterOptions {
  /** The source's id. */
  readonly id: string
  /** Most bytes of one chunk. */
  readonly chunk: number
  /** Wall clock, ms: for what people and file times are compared with. */
  readonly clock: () => number
  /** Time that never jumps, ms: for how long things last. */
  readonly ticks: () => number
}

/** ms */
const SCAN_AGE = 50

export class Register {
  readonly options: RegisterOptions
  /** Every stream that was ever read, by name. */
  readonly known = new Map<string, Known>()
  /** Open files, predecessors before successors. */
  lives: Life[] = []
  readonly out: SourceItem[] = []
  /** Files that hold nothing unread, by inode, with the state in which that was so. */
  readonly #settled = new Map<string, string>()
  readonly #told = new Set<string>()
  #scan: { readonly at: number; readonly writers: ReadonlyMap<string, string> } = { at: -1, writers: new Map() }

  constructor(options: RegisterOptions, cursors: readonly Cursor[]) {
    this.options = options
    for (const cursor of cursors) {
      const known = knownOf(cursor)
      if (known) this.known.set(known.stream, known)
    }
  }

  lifeOfInode(file: Look): Life | undefined {
    return this.lives.find((life) => life.inode === file.inode && life.device === file.device)
  }

  lifeOfStream(stream: string): Life | undefined {
    return this.lives.find((life) => life.stream === stream)
  }

  /** Whether somebody has it open for writing. One look at the process table serves all lives. */
  async isHeld(life: Life): Promise<boolean> {
    const now = this.options.ticks()
    if (now - this.#scan.at > SCAN_AGE || this.#scan.at <= Math.max(life.openedAt, life.rotatedAt)) {
      const wanted = new Set(this.lives.map(idOf))
      this.#scan = { at: now, writers: await findWriters(wanted) }
    }
    const held = this.#scan.writers.has(idOf(life))
    if (held) life.writerSeen = true
    return held
  }

  /** Neither read by any life (a pattern may also match rotated names) nor known to hold nothing new. */
  isUnread(file: Look): boolean {
    return !this.lifeOfInode(file) && this.#settled.get(idOf(file)) !== stateOf(file)
  }

  settle(file: Look): void {
    this.#settled.set(idOf(file), stateOf(file))
  }

  /** A life of this file, prepared, but not yet among the lives. */
  async begin(
    file: Pick<Found, 'handle' | 'path' | 'device' | 'inode' | 'gzip'>,
    place: { readonly path: string; readonly since: number },
    kind: LifeKind,
    from?: Known,
  ): Promise<Life> {
    const seen = [...this.lives, ...this.known.values()].some((k) => k.place === place.path && k.writerSeen)
    const life = new Life({
      ...file,
      kind,
      place: place.path,
      since: place.since,
      now: this.options.ticks(),
      chunk: this.options.chunk,
      name: (base) => this.#name(base),
      ...(from ? { from } : {}),
      ...(seen ? { writerSeen: true } : {}),
    })
    await life.prepare().catch(() => {})
    return life
  }

  #name(base: string): string {
    let name = base
    for (let n = 2; this.known.has(name) || this.lifeOfStream(name); n++) name = `${base}~${n}`
    return name
  }

  say(life: Life, pulled: Extract<Pulled, { kind: 'bytes' }>): SourceItem {
    this.known.set(pulled.before.stream, life.known)
    return { kind: 'bytes', cursor: cursorOf(this.options.id, pulled.before), bytes: pulled.bytes, path: life.path }
  }

  /** The stream is over; of the `expected` bytes that it is known to have had, what was not read is lost. */
  end(known: Known, path: string, expected: number): void {
    const done = { ...known, done: true }
    this.known.set(known.stream, done)
    const lost = Math.max(0, expected - known.offset)
    this.out.push({ kind: 'end', cursor: cursorOf(this.options.id, done), path, ...(lost > 0 ? { lost } : {}) })
    if (lost > 0) this.tell('source.lost', known.place, `${lost} bytes are missing.`)
  }

  tell(code: FindingCode, subject: string, detail = ''): void {
    const key = `${code} ${subject}`
    if (this.#told.has(key)) return
    this.#told.add(key)
    this.out.push({ kind: 'finding', finding: finding(code, subject, this.options.clock(), detail) })
  }

  untell(code: FindingCode, subject: string): void {
    if (this.#told.delete(`${code} ${subject}`))
      this.out.push({ kind: 'finding', finding: cleared(code, subject, this.options.clock()) })
  }
}

const idOf = (file: Pick<Look, 'device' | 'inode'>): string => `${file.device}:${file.inode}`
const stateOf = (file: Look): string => `${file.size} ${file.modified}`
