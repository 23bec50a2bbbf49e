/**
 * How much of a matched value is attack and how much is text that a person or a program wrote.
 * Payloads are short and dense; forum posts, pages being edited, commit messages and JSON documents are long or read as prose.
 * The rule that matched says nothing about that, and most false positives of a WAF are such contents.
 */
/** Below this sharpness a value is content that happens to trip a rule. */
export const CONTENT = 0.3
/** Sharpness of what may be either. */
export const DOUBTFUL = 0.5
/** A log without rule data tells payloads from contents by nothing: between the two. */
export const NOT_LOGGED = 0.55

const DOCUMENT_LENGTH = 120
const DOCUMENT_LINES = 3

/**
 * 1 for a bare payload, 0.5 for short prose, a small JSON object or a redacted value, 0 for a
 * document. Documents come in bodies: an address (`inUri`) that is long is still at least half a payload, so padding
 * does not hide one. One pass, at most 120 characters.
 */
export const sharpness = (value: string, inUri = false): number => {
  if (value === '') return NOT_LOGGED
  if (value === REDACTED) return DOUBTFUL
  if (isDocument(value)) return inUri ? DOUBTFUL : 0
  return readsAsProse(value) || isJson(value) ? DOUBTFUL : 1
}

export const isDocument = (value: string): boolean => value.length > DOCUMENT_LENGTH || lines(value) >= DOCUMENT_LINES

const lines = (value: string): number => {
  let n = 1
  for (let i = value.indexOf('\n'); i >= 0; i = value.indexOf('\n', i + 1)) n++
  return n
}

const isJson = (value: string): boolean => (value.startsWith('{"') || value.startsWith('[')) && value.includes('":')

/** Three or more plain words that make up at least half of the tokens, with few symbols between them. */
const readsAsProse = (value: string): boolean => {
  let tokens = 0
  let plain = 0
  let symbols = 0
  let letters = 0
  let others = 0
  for (let i = 0; i <= value.length; i++) {
    const c = i < value.length ? value.charCodeAt(i) : 32
    if (c === 32 || c === 10 || c === 13 || c === 9) {
      if (letters + others > 0) tokens++
      if (letters >= 2 && others === 0) plain++
      letters = 0
      others = 0
    } else if ((c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c >= 0xc0) letters++
    else {
      if (!(c >= 48 && c <= 57)) symbols++
      // A comma or full stop that ends a word does not make it less of a word.
      if (!(c === 44 || c === 46 || c === 33 || c === 63 || c === 58)) others++
    }
  }
  return plain >= 3 && plain * 2 >= tokens && symbols < value.length * 0.16
}

/** The value without digits, case and repeated blanks: ten autosaves of one text are one value, ten payloads are ten. */
export const skeleton = (value: string): string => {
  // Codes, not characters: adding up a text letter by letter costs more than everything that is done with it.
  const kept: number[] = []
  const end = Math.min(value.length, 96)
  for (let i = 0; i < end && kept.length < 48; i++) {
    const c = value.charCodeAt(i)
    if (c >= 48 && c <= 57) continue
    if (c > 32) kept.push(c)
    else if (kept.length > 0 && kept[kept.length - 1] !== 32) kept.push(32)
  }
  return String.fromCharCode(...kept).toLowerCase()
}

/**
 * The matched value out of a rule's log data, `Matched Data: X found within ARGS:q: VALUE`.
 * Rules on whole bodies log only X. The first occurrence is the engine's own unless X itself holds the words,
 * and then a forger gains no more than a value that looks longer or shorter.
 */
export const matchedValue = (data: string): string => {
  const found = data.indexOf(' found within ')
  if (found < 0) return data
  const colon = data.indexOf(': ', found + 14)
  // Redaction blanks bodies; what the rule caught of them is left.
  if (colon >= 0 && colon + 2 < data.length && !data.startsWith(REDACTED, colon + 2)) return data.slice(colon + 2)
  return data.startsWith('Matched Data: ') ? data.slice(14, found) : data.slice(0, found)
}

/** True when the log does not show the value. */
export const isHidden = (value: string): boolean => value === REDACTED || value === ''

/** The mark that redaction leaves. */
const REDACTED = '<redacted>'
