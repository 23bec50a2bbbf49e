/**
 * Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, swap of neighbours cost 1 each.
 * Both texts are cut at 64 characters, so that a hostile key costs a bounded time.
 */
export const editDistance = (left: string, right: string): number => {
  const a = left.slice(0, 64)
  const b = right.slice(0, 64)
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1)
      row.push(best)
    }
    before = last
    last = row
  }
  return last[b.length]!
}

const folded = (text: string): string => text.toLowerCase().replace(/[-_ ]/g, '')

/** The candidate that was probably meant, or undefined when none is near: at most a third of the letters may differ. */
export const didYouMean = (given: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  const wanted = folded(given)
  for (const candidate of candidates) {
    const other = folded(candidate)
    // A given beginning counts as near: `dec` for `decisions`.
    const distance =
      wanted.length >= 3 && other.startsWith(wanted)
        ? Math.min(1, editDistance(wanted, other))
        : editDistance(wanted, other)
    if (distance < bestDistance && distance <= Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3))) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}
