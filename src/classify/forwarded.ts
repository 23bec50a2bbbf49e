/**
 * `Forwarded` (RFC 7239), read from the right. What the outsider wrote stands left of what our proxies appended, so
 * an unbalanced quote there cannot swallow their elements, as it would for a parser that begins at the left.
 */
const LONGEST_ELEMENT = 512
const PAIR = /^[ \t]*([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s";,]+))[ \t]*$/

/** Where the element that ends before `end` begins, or undefined when none of sane length does. */
export const elementStart = (line: string, end: number): number | undefined => {
  const limit = Math.max(0, end - LONGEST_ELEMENT)
  let quoted = false
  for (let at = end - 1; at >= limit; at--) {
    const code = line.charCodeAt(at)
    if (code === 0x22) {
      let slashes = 0
      while (at - slashes > limit && line.charCodeAt(at - slashes - 1) === 0x5c) slashes++
      if (slashes % 2 === 0) quoted = !quoted
    } else if (code === 0x2c && !quoted) return at + 1
  }
  return limit === 0 && !quoted ? 0 : undefined
}

const pairsOf = (element: string): string[] => {
  const pairs: string[] = []
  let from = 0
  let quoted = false
  for (let at = 0; at < element.length; at++) {
    const code = element.charCodeAt(at)
    if (code === 0x5c && quoted) at++
    else if (code === 0x22) quoted = !quoted
    else if (code === 0x3b && !quoted) {
      pairs.push(element.slice(from, at))
      from = at + 1
    }
  }
  pairs.push(element.slice(from))
  return pairs
}

/** The node that the element's one `for=` names, unquoted; undefined when the element is malformed or names none or several. */
export const forNode = (element: string): string | undefined => {
  let node: string | undefined
  for (const text of pairsOf(element)) {
    const pair = PAIR.exec(text)
    if (!pair) return undefined
    if (pair[1]?.toLowerCase() !== 'for') continue
    if (node !== undefined) return undefined
    node = pair[3] ?? pair[2]?.replace(/\\(.)/g, '$1') ?? ''
  }
  return node
}
