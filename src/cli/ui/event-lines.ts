import type { Event, RuleMatch } from '../../core/event.ts'
import { dispositionPaint, type Paint, severityPaint } from './colour.ts'
import { roomOf, type Screen } from './layout.ts'
import { printable } from './printable.ts'
import { clock } from './time.ts'
import { textWidth, truncate, wrap } from './width.ts'

/** `GET shop.example.net/search?q=…` as one printable text. */
export const requestText = (event: Event): string =>
  printable(`${event.request.method} ${event.request.host}${event.request.uri}`)

/** One event: what was asked; when, by whom, what the WAF did; then, when `rules` is asked for, which rules matched. */
export const eventLines = (event: Event, screen: Screen, indent: number, rules: boolean): readonly string[] => {
  const c = screen.colours
  const room = roomOf(screen) - indent
  const pad = ' '.repeat(indent)
  const status = event.response.status > 0 ? ` → ${event.response.status}` : ''
  const facts: readonly Part[] = [
    { text: clock(event.time), paint: c.dim },
    { text: printable(event.clientIp) },
    { text: event.disposition, paint: dispositionPaint(c, event.disposition) },
    { text: event.severity, paint: severityPaint(c, event.severity) },
    { text: `score ${event.threatScore}` },
    ...(event.attackClasses.length > 0 ? [{ text: event.attackClasses.join(' ') }] : []),
  ]
  return [
    `${pad}${c.bold(truncate(requestText(event), room - status.length))}${status}`,
    ...packed(facts, room).map((line) => pad + line),
    ...(rules
      ? event.matches.filter((match) => !match.evaluation).flatMap((match) => ruleLines(match, screen, indent))
      : []),
  ]
}

interface Part {
  readonly text: string
  readonly paint?: Paint
}

/** As many parts per line as fit, two blanks between them. */
const packed = (parts: readonly Part[], room: number): readonly string[] => {
  const lines: { text: string; width: number }[] = []
  for (const { text, paint } of parts) {
    const shown = truncate(text, room)
    const width = textWidth(shown)
    const last = lines.at(-1)
    if (last && last.width + 2 + width <= room) {
      last.text += `  ${paint?.(shown) ?? shown}`
      last.width += 2 + width
    } else lines.push({ text: paint?.(shown) ?? shown, width })
  }
  return lines.map((line) => line.text)
}

const ruleLines = (match: RuleMatch, screen: Screen, indent: number): readonly string[] => {
  const c = screen.colours
  const at = match.variable ? ` in ${match.variable}` : ''
  const text = printable(`${match.message || 'rule without a message'}${at}`)
  const body = wrap(text, roomOf(screen) - indent - 9)
  const data = match.data === '' ? [] : [truncate(printable(match.data), roomOf(screen) - indent - 9)]
  return [
    ...body.map(
      (line, i) => `${' '.repeat(indent)}${i === 0 ? c.cyan(String(match.ruleId).padEnd(7)) : ' '.repeat(7)}  ${line}`,
    ),
    ...data.map((line) => `${' '.repeat(indent + 9)}${c.dim(line)}`),
  ]
}
