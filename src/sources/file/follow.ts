/**
 * Follows places (configured paths) through everything that rotation does to the files behind them.
 *
 * A *life* is one open file. What can become of it:
 *
 *              place names another inode, or none
 *   growing ───────────────────────────────────────▶ rotated ──▶ end   nobody holds it, or idle long enough
 *      │ cut or rewritten                               ▲
 *      ├──────────▶ still (the copy, if there is one) ──┼──────▶ end   copy read to its end; what it lacks is `lost`
 *      └──────────▶ growing, a new stream at 0          │
 *   remembered from a cursor ── by inode ───────────────┘
 *                            └─ by content ──▶ still (copied, compressed)
 *
 * Order: a successor waits until its predecessor has been read dry. If the predecessor has ended by then its `end`
 * comes first; if somebody still writes to it, both are read side by side.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Cursor, SourceItem } from '../../kit/source.ts'
import { findCopy, type Remembered } from './adoption.ts'
import type { Life } from './life.ts'
import { codeOf, siblings } from './listing.ts'
import { Register, type RegisterOptions } from './register.ts'
import { Survey, type SurveyOptions } from './survey.ts'
import { Wake } from './wake.ts'

export interface FollowTiming extends Pick<SurveyOptions, 'rescan' | 'settle'> {
  /** Longest sleep between two looks at the files, ms. */
  readonly poll: number
  /** How long a rotated file may be held before the operator is told, ms. */
  readonly grace: number
  /** A rotated file whose writer was never seen ends after being idle so long, if its successor is being written, ms. */
  readonly idle: number
  /** The same without a successor that is written: the writer may just be quiet, ms. */
  readonly idleAlone: number
}

export interface FollowOptions extends RegisterOptions, Pick<SurveyOptions, 'patterns' | 'archives'> {
  readonly timing: FollowTiming
}

/** Chunks of one file before the next file gets its turn. */
const TURN = 4
/** Longest pause between two looks at who holds a file, ms. */
const HOLDER_CHECK = 10_000

export async function* follow(
  o: FollowOptions,
  cursors: readonly Cursor[],
  signal: AbortSignal,
): AsyncGenerator<SourceItem> {
  const ours = cursors.filter((cursor) => cursor.source === o.id)
  const register = new Register(o, ours)
  const survey = new Survey(register, { ...o, ...o.timing }, ours)
  const wake = new Wake()
  let idle = false
  let nextSurvey = Number.NEGATIVE_INFINITY
  try {
    while (!signal.aborted) {
      const began = o.ticks()
      let moved = false
      // Woken by every write, but names change rarely.
      if (began >= nextSurvey) {
        await survey.run()
        wake.attend(survey.paths)
        nextSurvey = o.ticks() + o.timing.poll
      }
      moved = register.out.length > 0
      yield* flush(register)
      for (const life of [...register.lives]) {
        if (!register.lives.includes(life) || waits(register, life)) continue
        for (let turn = 0; turn < TURN; turn++) {
          const item = await step(register, o, life)
          if (!item) break
          moved = true
          yield item
          if (signal.aborted) return
        }
        if (life.dry) await (life.kind === 'growing' ? meetWriter(register, o, life) : conclude(register, o, life))
      }
      moved ||= register.out.length > 0
      yield* flush(register)
      if (!moved) {
        if (!idle) yield { kind: 'idle' }
        // Looking at very many files takes time of its own: never more than a tenth of all time.
        await wake.sleep(Math.max(o.timing.poll, 9 * (o.ticks() - began)), signal)
      }
      idle = !moved
    }
  } finally {
    wake.close()
    await Promise.all(register.lives.map((life) => life.close()))
  }
}

function* flush(register: Register): Generator<SourceItem> {
  for (let item = register.out.shift(); item; item = register.out.shift()) yield item
}

/** An older file of the same place goes first until it has been read dry since it lost its name. */
const waits = (register: Register, life: Life): boolean => {
  for (const older of register.lives) {
    if (older === life) return false
    if (older.place === life.place && older.kind !== 'growing' && !older.caughtUp) return true
  }
  return false
}

const step = async (register: Register, o: FollowOptions, life: Life): Promise<SourceItem | undefined> => {
  const pulled = await life.pull(o.ticks(), life.kind === 'still').catch((error) => {
    register.tell('source.unreadable', life.place, `${life.path}: ${codeOf(error)}`)
    // A bad disk must not keep us from the next file.
    life.caughtUp = true
    return undefined
  })
  if (pulled?.kind === 'bytes') return register.say(life, pulled)
  if (pulled?.kind === 'broken') register.tell('source.archive_broken', life.path, pulled.why)
  if (pulled?.kind === 'replaced') await replaced(register, o, life)
  return undefined
}

/** The file was cut: the rest of the old life is in a copy or gone; the same descriptor now reads a new life. */
const replaced = async (register: Register, o: FollowOptions, life: Life): Promise<void> => {
  const place = { path: life.place, since: life.since }
  const heirs: Life[] = []
  if (life.stream !== undefined) {
    const { known } = life
    const found = await findRest(register, o, life)
    if (found) heirs.push(await register.begin(found.file, place, 'still', known))
    else register.end(known, life.path, known.size)
  }
  heirs.push(await register.begin({ ...life.file, gzip: false }, place, life.kind))
  register.lives.splice(register.lives.indexOf(life), 1, ...heirs)
}

/** A copy is there before its original is cut, but the names of copies may be shifted just now, and a folder listed then lacks some. */
const findRest = async (register: Register, o: FollowOptions, life: Life): Promise<Remembered | undefined> => {
  for (let attempt = 0; ; attempt++) {
    const files = await siblings(life.place, o.archives, true).catch(() => [])
    const others = files.filter((file) => !register.lifeOfInode(file))
    const { found, moving } = await findCopy(life.known, others)
    if (found || attempt >= (moving ? 10 : 2)) return found
    await sleep(25)
  }
}

/** A file that is no longer at its place has been read dry: is it finished? */
const conclude = async (register: Register, o: FollowOptions, life: Life): Promise<void> => {
  const now = o.ticks()
  const { timing } = o
  if (life.kind === 'still') return finish(register, life)
  if (now >= life.nextHolderCheck) {
    life.held = await register.isHeld(life)
    // Looked at closely while the web server may be reopening, then ever more rarely.
    life.nextHolderCheck = now + Math.min(HOLDER_CHECK, Math.max(100, (now - life.rotatedAt) / 4))
    // Only if its writer can be seen at all (it may live in another container) does seeing none mean that it is gone.
    if (!life.held && life.writerSeen) {
      life.nextHolderCheck = 0
      if (await drained(register, life, now)) finish(register, life)
      return
    }
  }
  life.caughtUp = true
  if (now - life.rotatedAt >= timing.grace && (life.held || life.grewAt - life.rotatedAt >= timing.grace))
    await warn(register, life)
  const succeeded = register.lives.some((l) => l.place === life.place && l.kind === 'growing' && l.size > 0)
  const quiet = now - Math.max(life.grewAt, life.rotatedAt)
  if (life.held || quiet < (succeeded ? timing.idle : timing.idleAlone)) return
  if (await drained(register, life, now)) finish(register, life)
}

/** Reads once more: what was written between the last pull and the closing of the descriptor, or a first line that will never be complete. */
const drained = async (register: Register, life: Life, now: number): Promise<boolean> => {
  const pulled = await life.pull(now, true).catch(() => undefined)
  if (pulled?.kind === 'bytes') register.out.push(register.say(life, pulled))
  return pulled?.kind === 'dry'
}

/** Learns whether the writer of a growing file can be seen, while there is time. */
const meetWriter = async (register: Register, o: FollowOptions, life: Life): Promise<void> => {
  const now = o.ticks()
  if (life.writerSeen || now < life.nextHolderCheck) return
  life.nextHolderCheck = now + Math.min(HOLDER_CHECK, Math.max(250, now - life.openedAt))
  await register.isHeld(life)
}

const warn = async (register: Register, life: Life): Promise<void> => {
  const deleted = (await life.handle.stat().catch(() => undefined))?.nlink === 0
  const code = deleted ? 'waf.writes_to_deleted_file' : 'waf.writes_to_rotated_file'
  register.tell(code, life.place, `Now at ${life.path}.`)
}

const finish = (register: Register, life: Life): void => {
  register.lives = register.lives.filter((other) => other !== life)
  if (life.stream !== undefined) register.end(life.known, life.path, life.expected)
  void life.close()
  if (register.lives.some((other) => other.place === life.place && other.kind === 'rotated')) return
  register.untell('waf.writes_to_rotated_file', life.place)
  register.untell('waf.writes_to_deleted_file', life.place)
}
