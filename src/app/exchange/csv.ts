/** Records of comma-separated values (RFC 4180), in both directions, safe to open in a spreadsheet. */

export type Delimiter = ',' | ';' | '\t'

/** The fields, or the column (from 1 on) of a quote that is never closed or is followed by more text. */
export type Split = { readonly fields: readonly string[] } | { readonly openAt: number } | { readonly strayAt: number }

/** More fields than anybody's list has: the rest of a line of a million commas is not worth the memory. */
const MOST_FIELDS = 64

/** Splits one record; a quoted field may hold the delimiter, doubled quotes and line breaks. */
export const splitRecord = (text: string, delimiter: Delimiter): Split => {
  if (!text.includes('"')) return { fields: text.split(delimiter, MOST_FIELDS).map((field) => field.trim()) }
  const fields: string[] = []
  let at = 0
  while (fields.length < MOST_FIELDS) {
    while (text[at] === ' ') at++
    let end: number
    if (text[at] === '"') {
      const open = at
      let field = ''
      for (;;) {
        const close = text.indexOf('"', at + 1)
        if (close < 0) return { openAt: open + 1 }
        field += text.slice(at + 1, close)
        at = close + 1
        if (text[at] !== '"') break
        field += '"'
      }
      end = text.indexOf(delimiter, at)
      if (text.slice(at, end < 0 ? text.length : end).trim() !== '') return { strayAt: at + 1 }
      fields.push(field)
    } else {
      end = text.indexOf(delimiter, at)
      fields.push(text.slice(at, end < 0 ? text.length : end).trim())
    }
    if (end < 0) break
    at = end + 1
  }
  return { fields }
}

/** What a spreadsheet would take for a formula, and our own mark, which must survive the way back. */
const FORMULA = /^['=+\-@\t\r]/
const GUARDED = /^'['=+\-@\t\r]/

/** One cell: a formula is disarmed by a leading apostrophe, so that opening the file runs nothing of an attacker's. */
export const csvCell = (text: string): string => {
  const guarded = FORMULA.test(text)
  const safe = guarded ? `'${text}` : text
  return guarded || /[",;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The text that `csvCell` disarmed. */
export const plainCell = (cell: string): string => (GUARDED.test(cell) ? cell.slice(1) : cell)
