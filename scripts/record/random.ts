/** Repeatable randomness: the same seed gives the same cast, the same requests and the same order. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number
  /** Whole number, both ends included. */
  int(from: number, to: number): number
  pick<T>(from: readonly T[]): T
  /** `count` different members, in random order; all of them when there are fewer. */
  some<T>(from: readonly T[], count: number): T[]
  chance(probability: number): boolean
  hex(digits: number): string
  /** An independent stream, so that adding a request to one actor does not change the others. */
  fork(name: string): Random
}

/** mulberry32: small, even enough for traffic, and the same on every machine. */
export const random = (seed: number): Random => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    int,
    pick: (from) => from[int(0, from.length - 1)]!,
    some: (from, count) => {
      const rest = [...from]
      for (let i = rest.length - 1; i > 0; i--) {
        const j = int(0, i)
        ;[rest[i], rest[j]] = [rest[j]!, rest[i]!]
      }
      return rest.slice(0, count)
    },
    chance: (probability) => next() < probability,
    hex: (digits) => Array.from({ length: digits }, () => int(0, 15).toString(16)).join(''),
    fork: (name) => {
      let h = seed ^ 0x9e3779b9
      for (const c of name) h = Math.imul(h ^ c.charCodeAt(0), 0x01000193) ^ (h >>> 13)
      return random(h)
    },
  }
}
