/**
 * Secrets that free text gives away by the name beside them: `password=x`, `"password":"x"`, `<password>x</password>`,
 * `Authorization: Basic x`, a multipart field. Read from the separators outwards, every look to either side bounded,
 * so the time grows with the text and with nothing else, whoever wrote it.
 */
export type SecretName = (name: string) => boolean

const LONGEST_NAME = 64
const LONGEST_TAG = 128
const WHOLE_LINE = /^(?:proxy-)?authorization$|^(?:set-)?cookie2?$/i
/** Lengths of those names: nearly every other name is told apart by its length alone. */
const isLineLength = (n: number): boolean => n === 6 || n === 7 || n === 10 || n === 11 || n === 13 || n === 19

const isNameChar = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x30 && code <= 0x39) ||
  code === 0x5f ||
  code === 0x2d ||
  code === 0x2e ||
  code === 0x5b ||
  code === 0x5d

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
const isQuote = (code: number): boolean => code === 0x22 || code === 0x27 || code === 0x60
const isLineEnd = (code: number): boolean => code === 0x0a || code === 0x0d

/** The name that ends before the separator, inside its quotes where it has some. */
const nameBefore = (text: string, separator: number): string => {
  let end = separator
  for (let n = 0; n < 4 && isBlank(text.charCodeAt(end - 1)); n++) end--
  if (text.endsWith('&quot;', end)) end -= 6
  for (let n = 0; n < 2 && (isQuote(text.charCodeAt(end - 1)) || text.charCodeAt(end - 1) === 0x5c); n++) end--
  let start = end
  const limit = Math.max(0, end - LONGEST_NAME)
  while (start > limit && isNameChar(text.charCodeAt(start - 1))) start--
  return text.slice(start, end)
}

/** The element name of the tag that closes at `close`, or empty for an end tag, a comment or no tag at all. */
const tagBefore = (text: string, close: number): string => {
  const limit = Math.max(0, close - LONGEST_TAG)
  for (let at = close - 1; at >= limit; at--)
    if (text.charCodeAt(at) === 0x3c) {
      let end = at + 1
      while (end < close && (isNameChar(text.charCodeAt(end)) || text.charCodeAt(end) === 0x3a)) end++
      return text.slice(at + 1, end)
    }
  return ''
}

/** Where the text up to the next line end stops. */
const lineEnd = (text: string, from: number): number => {
  let at = from
  while (at < text.length && !isLineEnd(text.charCodeAt(at))) at++
  return at
}

const quotedEnd = (text: string, from: number, quote: number): number => {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5c) at++
    else if (code === quote) return at
  }
  return text.length
}

const FORM_END: ReadonlySet<string> = new Set(['&', ';', '"', '<', '>', '\\'])
const PROSE_END: ReadonlySet<string> = new Set(['&', ';', ',', '"', '<', '>', '}', ']', ')', '\\'])

const bareEnd = (text: string, from: number, ends: ReadonlySet<string>): number => {
  let at = from
  while (at < text.length && text.charCodeAt(at) > 0x20 && !ends.has(text[at]!)) at++
  return at
}

type Span = readonly [from: number, to: number]

/** The value after a separator and whatever stands between: blanks, `=>`, an opening quote. */
const valueAfter = (text: string, separator: number, colon: boolean): Span => {
  let from = separator + 1
  if (text.charCodeAt(from) === 0x3e || text.charCodeAt(from) === 0x3d) from++
  for (let n = 0; n < 8 && isBlank(text.charCodeAt(from)); n++) from++
  if (text.startsWith('&quot;', from)) {
    const end = text.indexOf('&quot;', from + 6)
    return [from + 6, end < 0 ? text.length : end]
  }
  // JSON within JSON: a value opened by an escaped quote is closed by one.
  const escaped = text.charCodeAt(from) === 0x5c && isQuote(text.charCodeAt(from + 1))
  if (escaped) {
    const end = text.indexOf(text.slice(from, from + 2), from + 2)
    return [from + 2, end < 0 ? text.length : end]
  }
  const first = text.charCodeAt(from)
  if (isQuote(first)) return [from + 1, quotedEnd(text, from + 1, first)]
  if (first === 0x5b || first === 0x7b) {
    const end = text.indexOf(first === 0x5b ? ']' : '}', from)
    return [from, end < 0 ? text.length : end + 1]
  }
  return [from, bareEnd(text, from, colon ? PROSE_END : FORM_END)]
}

/** `name="password"` of a multipart field or a form control: the value is what follows the empty line, or `value="…"`. */
const namedFieldValue = (text: string, end: number): Span | undefined => {
  const after = text.slice(end, end + 256)
  const blank = /^["']?[^\r\n]{0,120}\r?\n(?:[^\r\n]{1,120}\r?\n)?\r?\n/.exec(after)
  if (blank) return [end + blank[0].length, lineEnd(text, end + blank[0].length)]
  const value = /^["'][^<>]{0,120}?value=/i.exec(after)
  return value ? valueAfter(text, end + value[0].length - 1, false) : undefined
}

const secretAt = (text: string, at: number, code: number, isSecret: SecretName): Span | undefined => {
  if (code === 0x3e) {
    const tag = tagBefore(text, at)
    if (tag === '' || !isSecret(tag)) return undefined
    const end = text.indexOf('<', at + 1)
    return [at + 1, end < 0 ? text.length : end]
  }
  const name = nameBefore(text, at)
  if (name === '') return undefined
  const colon = code === 0x3a
  if (colon && isLineLength(name.length) && WHOLE_LINE.test(name)) {
    const value = valueAfter(text, at, true)
    return isQuote(text.charCodeAt(value[0] - 1)) ? value : [value[0], lineEnd(text, value[0])]
  }
  if (isSecret(name)) return valueAfter(text, at, colon)
  if (!colon && (name === 'name' || name === 'NAME')) {
    const field = valueAfter(text, at, false)
    if (field[1] > field[0] && isSecret(text.slice(field[0], field[1]).slice(-LONGEST_NAME)))
      return namedFieldValue(text, field[1])
  }
  return undefined
}

/** The text with the values of secret names replaced by `mark`; the very same string when there are none. */
export const scrubFields = (text: string, isSecret: SecretName, mark: string): string => {
  let out = ''
  let copied = 0
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== 0x3d && code !== 0x3a && code !== 0x3e) continue
    const span = secretAt(text, at, code, isSecret)
    if (!span || span[1] <= span[0]) continue
    out += text.slice(copied, span[0]) + mark
    copied = span[1]
    at = span[1] - 1
  }
  return copied === 0 ? text : out + text.slice(copied)
}
