/**
 * Keeps the open files in line with what is on disk: finds the configured places, notices when a place's name has
 * moved to another file, resumes what cursors remember, and takes up generations that came and went unseen.
 *
 * Which rotated file is ours: any that is known by its content, and any with a rotated name that was written since its
 * place was first looked at. Older ones are history that nobody asked for.
 */
import type { Cursor } from '../../kit/source.ts'
import { type Adopted, adopt, findRemembered } from './adoption.ts'
import { type Known, placeCursor, sinceOf } from './known.ts'
import type { Life, LifeKind } from './life.ts'
import { codeOf, expand, isConfigured, type Look, look, type Sibling, siblings } from './listing.ts'
import type { Register } from './register.ts'

export interface SurveyOptions {
  readonly patterns: readonly string[]
  readonly archives: readonly string[]
  /** How often patterns and folders are listed although nothing seems to have changed, ms. */
  readonly rescan: number
  /** How long a remembered file may be missing before what it held is declared lost, ms. */
  readonly settle: number
}

interface Place {
  readonly path: string
  /** See Known.since. */
  readonly since: number
  nextListing: number
  /** When a file that could not be opened, or must wait for another, is looked at again. */
  nextTry: number
  missingSince: number | undefined
}

/** Pause before that. */
const RETRY = 200
/** How often patterns are expanded, ms. */
const EXPANSION = 1000

export class Survey {
  readonly #register: Register
  readonly #o: SurveyOptions
  readonly #places = new Map<string, Place>()
  readonly #since: Map<string, number>
  readonly #missing = new Map<string, number>()
  #nextExpansion = Number.NEGATIVE_INFINITY

  constructor(register: Register, options: SurveyOptions, cursors: readonly Cursor[]) {
    this.#register = register
    this.#o = options
    this.#since = sinceOf(cursors)
  }

  get paths(): Iterable<string> {
    return this.#places.keys()
  }

  async run(): Promise<void> {
    const now = this.#register.options.ticks()
    if (now >= this.#nextExpansion) await this.#expand(now)
    for (const place of this.#places.values()) {
      const current = await this.#current(place, now)
      const growing = this.#register.lives.find((life) => life.place === place.path && life.kind === 'growing')
      const lostName = growing !== undefined && (growing.inode !== current?.inode || growing.device !== current.device)
      const unread = !growing && current !== undefined && now >= place.nextTry && this.#register.isUnread(current)
      if (lostName || unread || now >= place.nextListing) await this.#reconcile(place, now, lostName)
      else if (growing) this.#present(place)
    }
  }

  async #current(place: Place, now: number): Promise<Look | undefined> {
    try {
      const current = await look(place.path)
      if (!current) this.#register.tell('source.unreadable', place.path, 'It is no regular file.')
      return current
    } catch (error) {
      this.#absent(place, codeOf(error), now)
      return undefined
    }
  }

  async #expand(now: number): Promise<void> {
    this.#nextExpansion = now + Math.min(EXPANSION, this.#o.rescan)
    const remembered = [...this.#register.known.values()]
      .filter((known) => !known.done && isConfigured(known.place, this.#o.patterns))
      .map((known) => known.place)
    const wanted = new Set([...remembered, ...(await expand(this.#o.patterns))])
    for (const path of wanted) {
      if (this.#places.has(path)) continue
      const since = await this.#firstLook(path)
      this.#places.set(path, { path, since, nextListing: now, nextTry: now, missingSince: undefined })
    }
    for (const path of this.#places.keys())
      if (!wanted.has(path) && !this.#register.lives.some((life) => life.place === path)) this.#places.delete(path)
  }

  /** A file's own time is better than the clock's: other machines' clocks differ, and ours may be set. */
  async #firstLook(path: string): Promise<number> {
    const remembered = this.#since.get(path)
    if (remembered !== undefined) return remembered
    const seen = await look(path).catch(() => undefined)
    if (seen && seen.size > 0) return seen.modified
    const { id, clock } = this.#register.options
    const since = clock()
    this.#since.set(path, since)
    this.#register.out.push({
      kind: 'bytes',
      cursor: placeCursor(id, path, since),
      bytes: new Uint8Array(0),
      path,
    })
    return since
  }

  #absent(place: Place, code: string, now: number): void {
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      place.missingSince ??= now
      if (now - place.missingSince >= this.#o.settle) this.#register.tell('source.missing', place.path)
    } else this.#register.tell('source.unreadable', place.path, code)
  }

  #present(place: Place): void {
    place.missingSince = undefined
    this.#register.untell('source.missing', place.path)
    this.#register.untell('source.unreadable', place.path)
  }

  /** Brings the open files of one place in line with what is on disk. */
  async #reconcile(place: Place, now: number, lostName: boolean): Promise<void> {
    place.nextListing = now + this.#o.rescan
    const waiting = this.#waiting(place.path)
    const listed = await this.#list(place, now, lostName || waiting.length > 0)
    if (!listed) return
    const { current, files } = listed
    for (const life of this.#register.lives)
      if (life.place === place.path && life.inode !== current?.inode) renamed(life, files, now)
    const all = current ? [...files, { ...current, rotated: true }] : files
    for (const known of waiting) await this.#resume(known, place, all, now)
    for (const file of files) if (this.#isOurs(file, place)) await this.#take(file, place, 'rotated', now)
    if (current) await this.#take(current, place, 'growing', now)
  }

  /** A list that holds together: a rotation while a folder is read can hide a file from it. */
  async #list(
    place: Place,
    now: number,
    all: boolean,
  ): Promise<{ files: readonly Sibling[]; current: Look | undefined } | undefined> {
    for (let attempt = 0; ; attempt++) {
      const before = await look(place.path).catch(() => undefined)
      try {
        const files = await siblings(place.path, this.#o.archives, all)
        const current = await look(place.path).catch(() => undefined)
        if (before?.inode === current?.inode || attempt === 3) return { files, current }
      } catch (error) {
        this.#absent(place, codeOf(error), now)
        return undefined
      }
    }
  }

  /** Streams remembered but not open, oldest first. */
  #waiting(place: string): Known[] {
    return [...this.#register.known.values()]
      .filter((known) => !known.done && known.place === place && !this.#register.lifeOfStream(known.stream))
      .sort((a, b) => a.modified - b.modified)
  }

  #isOurs(file: Sibling, place: Place): boolean {
    if (file.rotated && file.modified >= place.since) return true
    for (const known of this.#register.known.values())
      if (known.done && known.inode === file.inode && file.size > known.offset) return true
    return false
  }

  async #resume(known: Known, place: Place, files: readonly Sibling[], now: number): Promise<void> {
    const search = await findRemembered(known, files)
    if (search.found) {
      this.#missing.delete(known.stream)
      const { file, kin } = search.found
      const kind = kin !== 'same' ? 'still' : file.path === place.path ? 'growing' : 'rotated'
      this.#register.lives.push(await this.#register.begin(file, place, kind, known))
      return
    }
    place.nextListing = Math.min(place.nextListing, now + RETRY)
    if (search.moving) return
    // What we are not allowed to look into may be what we look for: it is not lost yet.
    if (search.closed) {
      this.#register.tell('source.unreadable', place.path, `${search.closed.path}: ${search.closed.code}`)
      return
    }
    const since = this.#missing.get(known.stream) ?? now
    this.#missing.set(known.stream, since)
    if (now - since < this.#o.settle) return
    this.#missing.delete(known.stream)
    this.#register.end(known, known.path, known.size)
  }

  /** Opens a file that nobody reads yet, unless it holds nothing but what was read elsewhere. */
  async #take(seen: Look, place: Place, kind: LifeKind, now: number): Promise<void> {
    const register = this.#register
    if (!register.isUnread(seen)) return
    let adopted: Adopted | undefined
    try {
      adopted = await adopt(seen, kind, register)
    } catch (error) {
      if (seen.path === place.path) place.nextTry = now + RETRY
      if (codeOf(error) !== 'ENOENT') register.tell('source.unreadable', place.path, `${seen.path}: ${codeOf(error)}`)
      return
    }
    if (seen.path === place.path) this.#present(place)
    if (adopted?.kind === 'later') place.nextTry = place.nextListing = now + RETRY
    if (adopted?.kind === 'settled') register.settle(seen)
    if (adopted?.kind !== 'open') return
    const { file, from, still } = adopted
    register.lives.push(await register.begin(file, place, file.gzip || still ? 'still' : kind, from))
  }
}

const renamed = (life: Life, files: readonly Look[], now: number): void => {
  const path = files.find((file) => file.inode === life.inode && file.device === life.device)?.path
  if (path) life.path = path
  if (life.kind === 'growing') life.loseName(now)
}
