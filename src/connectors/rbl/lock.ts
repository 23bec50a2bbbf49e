/**
 * One at a time, over threads. A cell of shared memory says whether it is free, held, or held and waited for: only in
 * the last case does giving it back cost a call of the kernel (U. Drepper, "Futexes Are Tricky", the second mutex).
 */
const FREE = 0
const HELD = 1
const AWAITED = 2

export class Lock {
  readonly #cell: Int32Array

  /** `memory`: 4 bytes, zero at first. */
  constructor(memory: SharedArrayBuffer) {
    this.#cell = new Int32Array(memory)
  }

  /** `work` must not wait for anything. */
  holding<T>(work: () => T): T {
    this.take()
    try {
      return work()
    } finally {
      this.give()
    }
  }

  take(): void {
    const cell = this.#cell
    let was = Atomics.compareExchange(cell, 0, FREE, HELD)
    if (was === FREE) return
    if (was !== AWAITED) was = Atomics.exchange(cell, 0, AWAITED)
    while (was !== FREE) {
      Atomics.wait(cell, 0, AWAITED)
      was = Atomics.exchange(cell, 0, AWAITED)
    }
  }

  give(): void {
    if (Atomics.exchange(this.#cell, 0, FREE) === AWAITED) Atomics.notify(this.#cell, 0, 1)
  }
}
