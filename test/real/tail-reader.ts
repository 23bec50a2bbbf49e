/**
 * The smallest possible pipeline: frames lines, commits them to memory together with the cursors, and can be killed
 * between any two items, which forgets what was not committed. What is committed is what a durable store would hold.
 */
import type { Finding } from '../../src/core/finding.ts'
import type { Cursor, Source, SourceItem } from '../../src/kit/source.ts'

export interface Committed {
  readonly stream: string
  readonly line: string
}

export interface Habits {
  /** Chance that a commit follows an item; an `idle` always commits. */
  readonly commit: number
  /** Chance of being killed after an item. */
  readonly kill: number
  /** 0 ≤ x < 1, seeded. */
  random(): number
}

export const CALM: Habits = { commit: 1, kill: 0, random: () => 0.5 }

export class TailReader {
  readonly committed: Committed[] = []
  readonly findings: Finding[] = []
  readonly items: string[] = []
  lost = 0
  restarts = 0
  failure: unknown
  readonly #open: () => Source
  readonly #habits: Habits
  readonly #cursors = new Map<string, Cursor>()
  #abort = new AbortController()
  #running: Promise<void> | undefined

  constructor(open: () => Source, habits: Habits) {
    this.#open = open
    this.#habits = habits
  }

  get cursors(): readonly Cursor[] {
    return [...this.#cursors.values()]
  }

  start(): void {
    this.#abort = new AbortController()
    this.#running = this.#run(this.#abort.signal).catch((error) => {
      this.failure = error
    })
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#running
    if (this.failure) throw this.failure
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (; !signal.aborted; this.restarts++) await this.#live(signal)
  }

  /** From a start to a kill or to the end. */
  async #live(signal: AbortSignal): Promise<void> {
    const { commit, kill, random } = this.#habits
    const pending = new Map<string, { text: string; consumed: number }>()
    let lines: Committed[] = []
    let lost = 0
    const cursors = new Map<string, Cursor>()
    const makeDurable = () => {
      this.committed.push(...lines)
      for (const [stream, cursor] of cursors) this.#cursors.set(stream, cursor)
      this.lost += lost
      lines = []
      lost = 0
      cursors.clear()
    }
    for await (const item of this.#open().read(this.cursors, signal)) {
      this.items.push(describe(item))
      if (item.kind === 'bytes') {
        const { stream, offset } = item.cursor
        const state = pending.get(stream) ?? { text: '', consumed: offset }
        pending.set(stream, state)
        if (state.consumed + state.text.length !== offset)
          throw new Error(`${stream}: bytes at ${offset}, expected at ${state.consumed + state.text.length}`)
        const parts = (state.text + Buffer.from(item.bytes).toString('latin1')).split('\n')
        state.text = parts.pop()!
        for (const line of parts) {
          lines.push({ stream, line })
          state.consumed += line.length + 1
        }
        cursors.set(stream, { ...item.cursor, offset: state.consumed })
      } else if (item.kind === 'end') {
        const rest = pending.get(item.cursor.stream)?.text
        if (rest) lines.push({ stream: item.cursor.stream, line: rest })
        pending.delete(item.cursor.stream)
        lost += item.lost ?? 0
        cursors.set(item.cursor.stream, { ...item.cursor, done: true })
      } else if (item.kind === 'finding') this.findings.push(item.finding)
      if (item.kind === 'idle' || random() < commit) makeDurable()
      if (signal.aborted) return
      if (random() < kill) return
    }
    makeDurable()
  }
}

const describe = (item: SourceItem): string => {
  if (item.kind === 'idle') return 'idle'
  if (item.kind === 'finding') return `finding ${item.finding.code}${item.finding.cleared ? ' cleared' : ''}`
  const { stream, offset } = item.cursor
  const size = item.kind === 'bytes' ? `+${item.bytes.length}` : ''
  return `${item.kind} ${stream.slice(0, 6)}${stream.slice(16)}@${offset}${size} ${item.path.split('/').at(-1)}`
}
