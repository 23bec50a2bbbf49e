/**
 * A bounded memory of a pure function of a string. Two generations instead of an exact LRU: when the young one is full
 * it becomes the old one, so a flood of unique keys costs constant memory and never a scan for the oldest.
 */
/**
 * A copy that owns its characters: a substring kept as a key would keep the whole log record alive behind it.
 * Joining and cutting makes V8 copy; shorter substrings it copies by itself.
 */
export const ownText = (text: string): string => (text.length < 13 ? text : ` ${text}`.slice(1))

/** Remembers at least the `max` and at most twice `max` latest results; keys beyond `keyLimit` characters are computed each time. */
export const memo = <T extends NonNullable<unknown>>(
  max: number,
  keyLimit: number,
  compute: (key: string) => T,
): ((key: string) => T) => {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  return (key) => {
    const hit = young.get(key)
    if (hit !== undefined) return hit
    if (key.length > keyLimit) return compute(key)
    const own = ownText(key)
    const value = old.get(key) ?? compute(own)
    if (young.size >= max) {
      old = young
      young = new Map()
    }
    young.set(own, value)
    return value
  }
}
