/**
 * A 32-bit FNV-1a hash with a final mix: names for set members in state rows.
 * Not for security: a collision merges two members, which only ever makes evidence weaker.
 * A name in several parts is folded part by part and mixed at the end, which spares joining the texts.
 */
export const foldHash = (text: string, seed = FOLD_SEED): number => mixed(fold(seed, text))

export const FOLD_SEED = 0x811c9dc5

/** The running value after `text`. */
export const fold = (seed: number, text: string): number => {
  let h = seed
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h
}

/** The hash that a running value stands for. */
export const mixed = (running: number): number => {
  let h = running ^ (running >>> 15)
  h = Math.imul(h, 0x2c1b3c6d)
  h ^= h >>> 12
  return h >>> 0
}
