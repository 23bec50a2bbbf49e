/** Whom fail2ban spares: `ignoreip` of jail.local, jail.conf and their jail.d, continued on indented lines. */
import type { Found, Reader } from './item.ts'
import { createLines, type Line } from './text-lines.ts'

const LIMIT = 64 * 1024

/** True for text that looks like a jail.conf: a section, or the setting itself. */
export const looksLikeJails = (head: string): boolean =>
  /^[ \t]*(?:\[[\w][\w .-]*\][ \t]*$|ignoreip[ \t]*=)/m.test(head)

export const createJailReader = (): Reader => {
  const lines = createLines(LIMIT)
  let section = 'DEFAULT'
  let inside = false

  const addresses = function* (line: Line, from: number): Iterable<Found> {
    const reason = section === 'DEFAULT' ? 'fail2ban ignoreip' : `fail2ban ignoreip of ${section}`
    const text = line.text.slice(from).replace(/\s[#;].*$/, '')
    for (const match of text.matchAll(/[^\s,]+/g)) {
      const place = `${line.number}:${from + match.index + 1}`
      if (match[0].includes('%('))
        yield {
          place,
          problem: `${JSON.stringify(match[0].slice(0, 80))} stands for something else`,
          remedy: 'Write the addresses themselves.',
        }
      else yield { place, value: match[0].slice(0, 300), reason, spared: true, resolved: true }
    }
  }

  const take = function* (line: Line): Iterable<Found> {
    const { text } = line
    if (/^\s*(?:[#;]|$)/.test(text)) return
    if (/^\s/.test(text)) {
      if (inside) yield* addresses(line, 0)
      return
    }
    inside = false
    const header = /^\[([^\]]{1,100})\]/.exec(text)?.[1]
    if (header !== undefined) section = header
    const setting = /^ignoreip\s*[=:]/.exec(text)
    if (!setting) return
    inside = true
    yield* addresses(line, setting[0].length)
  }

  return {
    *push(text) {
      for (const line of lines.push(text)) yield* take(line)
    },
    *end() {
      for (const line of lines.end()) yield* take(line)
    },
  }
}
