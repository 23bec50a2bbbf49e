/**
 * Where a rule matched, e.g. `ARGS:q`, read from the engine's own words.
 *
 * Attackers write three parts of those words: the matched text, the value, and the name after the colon. What they
 * cannot write is the collection (`ARGS`, `REQUEST_HEADERS`), nor anything left of the variable in `match`: there the
 * engine quotes only the rule's own operator and parameter. So `match` is read from the left and the first variable
 * counts. In `data` the matched text comes first, so it is asked only where `match` names no variable (libinjection,
 * whose matched text is its own fingerprint).
 */
const V3_BEGINNING = 'Matched "Operator `'
const V3 = "' against variable `"
const V3_END = "' (Value: `"
const V2_REQUIRED = '" against "'
const V2_AT = ' at '
const V2_BYTES = ' byte(s) in '
const V2_BYTES_END = ' outside range'
const DATA = ' found within '
const VARIABLE = /^[A-Z_]{2,40}(?::|$)/
/** `MATCHED_VARS:ARGS:q` is how a chained rule names the variable of its first link. */
const CHAINED = /^MATCHED_VARS?:(?=[A-Z_]{2,40}(?::|$))/
const LONGEST = 512

const checked = (text: string): string | undefined => {
  // `&ARGS` is ModSecurity 2's for the number of them.
  const plain = text.startsWith('&') ? text.slice(1) : text
  const variable = plain.startsWith('MATCHED_VAR') ? plain.replace(CHAINED, '') : plain
  return VARIABLE.test(variable) ? variable : undefined
}

const between = (text: string, from: number, end: string): string => {
  const to = text.indexOf(end, from)
  return text.slice(from, Math.min(to < 0 ? text.length : to, from + LONGEST))
}

/** Just past the first quoted text: ModSecurity 2 escapes quotes within the pattern that it cites. */
const pastQuoted = (text: string): number => {
  const open = text.indexOf('"')
  if (open < 0) return 0
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5c) at++
    else if (code === 0x22) return at + 1
  }
  return text.length
}

const fromMatch = (match: string): string | undefined => {
  // Of version 3 when its first quote opens such a sentence: version 2 may quote one that an attacker wrote.
  if (match.startsWith(V3_BEGINNING, match.indexOf('"') - 8)) {
    const v3 = match.indexOf(V3)
    return v3 < 0 ? undefined : checked(between(match, v3 + V3.length, V3_END))
  }
  const past = pastQuoted(match)
  if (match.startsWith(V2_REQUIRED, past - 1)) return checked(between(match, past + V2_REQUIRED.length - 1, '"'))
  const bytes = past === 0 ? match.indexOf(V2_BYTES) : -1
  if (bytes >= 0) return checked(between(match, bytes + V2_BYTES.length, V2_BYTES_END))
  const at = match.indexOf(V2_AT, past)
  if (at < 0) return undefined
  const rest = between(match, at + V2_AT.length, ' [')
  return checked(rest.endsWith('.') ? rest.slice(0, -1) : rest)
}

const fromData = (data: string): string | undefined => {
  const at = data.indexOf(DATA)
  if (at < 0) return undefined
  const rest = data.slice(at + DATA.length, at + DATA.length + LONGEST)
  const end = rest.indexOf(': ')
  return checked(end < 0 ? rest : rest.slice(0, end))
}

export const matchedVariable = (match: string, data: string): string | undefined => fromMatch(match) ?? fromData(data)

/** The value that `match` quotes, or empty: needed to find it again in texts, never kept. */
export const matchedValue = (match: string): string => {
  const at = match.indexOf(V3_END)
  if (at < 0) return ''
  const end = match.lastIndexOf("' )")
  return match.slice(at + V3_END.length, end < at ? match.length : end)
}
