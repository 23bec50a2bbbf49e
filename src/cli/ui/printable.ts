/**
 * Everything shown from a log was written by an attacker: an escape sequence in a URI could repaint the screen, a
 * bidirectional mark could make an address read backwards. So controls, format characters, lone surrogates and line
 * separators are spelled out; letters of every script stay.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' }

const spelled = (char: string): string => {
  const code = char.codePointAt(0)!
  return NAMES[char] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`)
}

/** One line that changes nothing on the terminal but the cells it fills. */
export const printable = (text: string): string => text.replace(HIDDEN, spelled)
