/** Percent-decoding that never throws: what is no escape stays as it is. Bytes become latin1 characters. */

/** Value of a hexadecimal digit, or -1. */
const hexValue = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** The decoded text; the very same string when it holds no escape. */
export const percentDecode = (text: string): string => {
  let out = ''
  let copied = 0
  for (let at = text.indexOf('%'); at >= 0 && at + 2 < text.length; at = text.indexOf('%', at)) {
    const high = hexValue(text.charCodeAt(at + 1))
    const low = hexValue(text.charCodeAt(at + 2))
    if (high < 0 || low < 0) {
      at++
      continue
    }
    out += text.slice(copied, at) + String.fromCharCode(high * 16 + low)
    at += 3
    copied = at
  }
  return copied === 0 ? text : out + text.slice(copied)
}

/** As a form reads it: `+` is a blank. */
export const formDecode = (text: string): string => percentDecode(text.includes('+') ? text.replaceAll('+', ' ') : text)
