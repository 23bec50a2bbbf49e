/**
 * One name for all pages of one kind: `/forum/t/812` and `/forum/t/9` are `/forum/t/#`.
 * Runs of digits and long mixed segments (ids, hashes) fold; the rest stays. At most 160 characters are read.
 */
export const pathPattern = (path: string): string => {
  const end = Math.min(path.length, 160)
  if (!hasDigit(path, end)) return end === path.length ? path : path.slice(0, end)
  let out = ''
  let start = 0
  for (let i = 0; i <= end; i++) {
    if (i < end && path.charCodeAt(i) !== 47) continue
    out += segment(path, start, i)
    if (i < end) out += '/'
    start = i + 1
  }
  return out
}

const segment = (path: string, from: number, to: number): string => {
  let digits = 0
  for (let i = from; i < to; i++) if (isDigit(path.charCodeAt(i))) digits++
  if (digits === 0) return path.slice(from, to)
  if (to - from >= 16 && digits >= 4) return '*'
  let out = ''
  let inRun = false
  for (let i = from; i < to; i++) {
    const digit = isDigit(path.charCodeAt(i))
    if (!digit) out += path[i]
    else if (!inRun) out += '#'
    inRun = digit
  }
  return out
}

/** Most paths have none and are their own pattern. */
const hasDigit = (path: string, end: number): boolean => {
  for (let i = 0; i < end; i++) if (isDigit(path.charCodeAt(i))) return true
  return false
}

const isDigit = (c: number): boolean => c >= 48 && c <= 57
