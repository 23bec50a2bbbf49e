/** Cuts text into lines, whatever the chunks: LF or CRLF, a byte order mark taken away, over-long lines kept in part. */

export interface Line {
  /** From 1 on. */
  readonly number: number
  readonly text: string
  /** True when only the first `limit` characters are here. */
  readonly cut: boolean
}

export interface Lines {
  push(chunk: string): Iterable<Line>
  end(): Iterable<Line>
}

export const createLines = (limit: number): Lines => {
  let number = 0
  let rest = ''
  /** The line is longer than the limit: what follows of it is read past. */
  let cut = false
  const line = (text: string): Line => {
    const whole = number === 0 && text.startsWith('\ufeff') ? text.slice(1) : text
    const made = { number: ++number, text: whole.endsWith('\r') ? whole.slice(0, -1) : whole, cut }
    cut = false
    return made
  }
  const keep = (text: string): string => {
    if (text.length <= limit) return text
    cut = true
    return text.slice(0, limit)
  }
  return {
    *push(chunk) {
      let from = 0
      for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
        const text = cut ? rest : keep(rest + chunk.slice(from, end))
        rest = ''
        from = end + 1
        yield line(text)
      }
      if (!cut) rest = keep(rest + chunk.slice(from))
    },
    *end() {
      if (rest !== '') yield line(rest)
      rest = ''
    },
  }
}
