/**
 * A 32-bit FNV-1a hash with a final mix: names for set members in state rows.
 * Not for security: a collision merges two members, which only ever makes evidence weaker.
 */
export const foldHash = (text: string, seed = 0x811c9dc5): number => {
  let h = seed
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h ^= h >>> 15
  h = Math.imul(h, 0x2c1b3c6d)
  h ^= h >>> 12
  return h >>> 0
}
