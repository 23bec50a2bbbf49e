const CONTROL: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', v: '\v', f: '\f' }
const ESCAPE = /\\(?:x([0-9A-Fa-f]{2})|([\s\S]))/g

/** Undoes `\xHH`, `\n` and the like, `\"` and `\\`, as the text logs of nginx, Apache and ModSecurity write them. */
export const unescapeLog = (text: string): string =>
  text.includes('\\')
    ? text.replace(ESCAPE, (_, hex: string | undefined, char: string) =>
        hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (CONTROL[char] ?? char),
      )
    : text

/** Apache's error log doubles every backslash and leaves quotes alone: one layer on top of ModSecurity's own escapes. */
export const unescapeApacheError = (text: string): string =>
  text.includes('\\') ? text.replaceAll('\\\\', '\\') : text
