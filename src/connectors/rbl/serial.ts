/**
 * The SOA serial: the unix second after the last change, from that second on. So it never runs ahead of the clock, and a
 * restart, which begins at the present second, never goes back (RFC 1982 would make secondaries stay stale). Whatever
 * changes within one second has one serial, and whoever fetched the list meanwhile sees another afterwards.
 *
 * Two words of shared memory: the thread that changes the list writes them, any may read.
 */
const CURRENT = 0
/** The second of the last change. */
const CHANGED = 1

export class Serial {
  readonly memory: SharedArrayBuffer
  readonly #words: Uint32Array
  /** The highest that this thread has shown: no clock that is set back takes it back. */
  #shown = 0

  /** `memory`: that of another thread's serial. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.memory = memory
    this.#words = new Uint32Array(memory)
  }

  /** The list has changed. */
  touch(seconds: number): void {
    const value = this.value(seconds)
    const now = Math.max(seconds, value)
    if (now <= Atomics.load(this.#words, CHANGED)) return
    // In this order: between the two, others see what they saw before.
    Atomics.store(this.#words, CURRENT, value)
    Atomics.store(this.#words, CHANGED, now)
  }

  value(seconds: number): number {
    const changed = Atomics.load(this.#words, CHANGED)
    const value = seconds > changed ? changed + 1 : Atomics.load(this.#words, CURRENT)
    this.#shown = Math.max(this.#shown, value)
    return this.#shown
  }
}

/** One that has the value `seconds` until something changes. */
export const serialFrom = (seconds: number): Serial => {
  const serial = new Serial()
  new Uint32Array(serial.memory).set([seconds, seconds - 1])
  return serial
}
