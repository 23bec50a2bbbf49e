/** How many terminal cells a text fills. */

/** Ranges of East Asian Wide and Fullwidth characters (Unicode 15, UAX #11), without emoji, which a property covers. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x20000, 0x3fffd],
]

const ASCII = /^[\x20-\x7e]*$/
const EMOJI = /^\p{Emoji_Presentation}/u
const PICTURE = /^\p{Emoji}\u{fe0f}/u
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]/u

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

const clusterWidth = (cluster: string): number => {
  const code = cluster.codePointAt(0)!
  if (code < 0x300) return PICTURE.test(cluster) ? 2 : 1
  if (ZERO.test(cluster)) return 0
  if (EMOJI.test(cluster) || PICTURE.test(cluster)) return 2
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1
}

/** Cells of a text without control characters or escape sequences. */
export const textWidth = (text: string): number => {
  if (ASCII.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += clusterWidth(segment)
  return width
}

/** `text` cut to at most `max` cells; where something was cut away the last cell is `…`. Never splits a cluster. */
export const truncate = (text: string, max: number): string => {
  if (max <= 0) return ''
  if (ASCII.test(text)) return text.length <= max ? text : `${text.slice(0, max - 1)}…`
  // No cluster is narrower than nothing: text far longer than the screen need not be measured to its end.
  const head = text.slice(0, max * 16)
  if (head.length === text.length && textWidth(text) <= max) return text
  let out = ''
  let width = 0
  for (const { segment } of segmenter.segment(head)) {
    const next = clusterWidth(segment)
    if (width + next > max - 1) break
    out += segment
    width += next
  }
  return `${out}…`
}

/** Breaks at spaces into lines of at most `max` cells; words longer than a line are cut hard. */
export const wrap = (text: string, max: number): readonly string[] => {
  const lines: string[] = []
  let line = ''
  const room = Math.max(1, max)
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`
    if (textWidth(joined) <= room) {
      line = joined
      continue
    }
    if (line !== '') lines.push(line)
    let rest = word
    while (textWidth(rest) > room) {
      let piece = ''
      for (const { segment } of segmenter.segment(rest)) {
        if (piece !== '' && textWidth(piece + segment) > room) break
        piece += segment
      }
      lines.push(piece)
      rest = rest.slice(piece.length)
    }
    line = rest
  }
  if (line !== '' || lines.length === 0) lines.push(line)
  return lines
}
