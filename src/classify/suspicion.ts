/**
 * One look at each character that tells which searches a text needs at all. Nearly every text needs none, and a loop
 * over a table is several times cheaper than a pattern with twenty beginnings.
 */

/** `=`, `:` or `>`: may part a name from its value. */
export const FIELD = 1
export const PERCENT = 2
/** Thirteen digits, at most one blank, `+` or dash between two of them. */
export const DIGITS = 4
/** Sixteen letters, digits, `_`, `-` or `.` in a row: room for a token. */
export const LONG_WORD = 8
export const BLANK = 16
export const AT = 32
/** A word that may be `bearer` or `basic` stands before a blank or a separator. */
export const ANNOUNCED = 64

const LONGEST_INNOCENT_WORD = 15
const CARD_DIGITS = 13

const DIGIT = 1
const WORD = 2
const JOINT = 4
/** Bits of one character: kind in the low three, flags to raise in the rest. */
const TABLE = new Uint16Array(128)
for (let code = 0x30; code <= 0x39; code++) TABLE[code] = DIGIT | WORD
for (let code = 0x41; code <= 0x5a; code++) TABLE[code] = WORD
for (let code = 0x61; code <= 0x7a; code++) TABLE[code] = WORD
TABLE[0x5f] = WORD
TABLE[0x2e] = WORD
TABLE[0x2d] = WORD | JOINT
TABLE[0x20] = JOINT | (BLANK << 3)
TABLE[0x09] = BLANK << 3
TABLE[0x2b] = JOINT | (BLANK << 3)
TABLE[0x0a] = BLANK << 3
TABLE[0x0d] = BLANK << 3
TABLE[0x3d] = FIELD << 3
TABLE[0x3a] = FIELD << 3
TABLE[0x3e] = FIELD << 3
TABLE[0x25] = PERCENT << 3
TABLE[0x40] = AT << 3

const SEARCHED = FIELD | PERCENT | DIGITS | LONG_WORD | ANNOUNCED

/** Whether the word that ends before `end` begins and ends like `bearer` or `basic`, in letters of either case. */
const endsAnnouncement = (text: string, end: number): boolean => {
  const last = text.charCodeAt(end - 1) | 0x20
  const length = last === 0x72 ? 6 : last === 0x63 ? 5 : 0
  return length > 0 && end >= length && (text.charCodeAt(end - length) | 0x20) === 0x62
}

/** Looks until `enough` of the flags are raised; 0 for all of them. */
const look = (text: string, enough: number): number => {
  let flags = 0
  let word = 0
  let digits = 0
  let joined = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const bits = code < 128 ? TABLE[code]! : 0
    if (bits > 7) {
      flags |= bits >> 3
      if ((flags & ANNOUNCED) === 0 && i > 0 && endsAnnouncement(text, i)) flags |= ANNOUNCED
      if ((flags & enough) !== 0) return flags
    }
    if ((bits & WORD) === 0) word = 0
    else if (++word > LONGEST_INNOCENT_WORD) flags |= LONG_WORD
    if ((bits & DIGIT) !== 0) {
      if (++digits >= CARD_DIGITS) flags |= DIGITS
      joined = false
    } else if (digits > 0) {
      joined = (bits & JOINT) !== 0 && !joined
      if (!joined) digits = 0
    }
  }
  return flags
}

/** The flags above that hold for `text`; none of them: no secret can be recognised in it. */
export const suspicionOf = (text: string): number => look(text, 0) & (SEARCHED | BLANK | AT)

/** True when no search can find anything: such a text may be kept as it is. */
export const isHarmless = (text: string): boolean => (look(text, FIELD | PERCENT) & SEARCHED) === 0
