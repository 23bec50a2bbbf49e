/** User agents and sessions repeat: their hashes are kept, a bounded number of them. Saves time, is no state. */
import { foldHash } from './fold-hash.ts'

const KEPT = 4096
const names = new Map<string, number>()

export const nameHash = (name: string): number => {
  let hash = names.get(name)
  if (hash === undefined) {
    hash = foldHash(name)
    if (names.size >= KEPT) names.clear()
    names.set(name, hash)
  }
  return hash
}
