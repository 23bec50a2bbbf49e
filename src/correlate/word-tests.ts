/**
 * Tests of a text against a list of words, as filters write them: `path.under(['/admin'])`, `path.mentions(['login'])`.
 * The words are taken when the filter is compiled; what is left per event is the text.
 */
type WordTest = (words: readonly string[]) => (text: string) => boolean

const isUnder = (path: string, root: string): boolean =>
  path.startsWith(root) && (path.length === root.length || path[root.length] === '/')

/** The path is one of these or lies below one. Roots are filed by their second letter: nearly all begin with a slash. */
const under: WordTest = (roots) => {
  const short = roots.filter((root) => root.length < 2)
  const bySecond = new Map<number, string[]>()
  for (const root of roots)
    if (root.length >= 2) bySecond.set(root.charCodeAt(1), [...(bySecond.get(root.charCodeAt(1)) ?? []), root])
  return (path) => {
    const near = bySecond.get(path.charCodeAt(1))
    if (near) for (const root of near) if (isUnder(path, root)) return true
    for (const root of short) if (isUnder(path, root)) return true
    return false
  }
}

/** One of these words occurs, in whatever case (ASCII). Words are written in lower case. */
const mentions: WordTest = (words) => (text) => {
  const lower = text.toLowerCase()
  for (const word of words) if (lower.includes(word)) return true
  return false
}

export const WORD_TESTS: Readonly<Record<string, WordTest>> = { under, mentions }
