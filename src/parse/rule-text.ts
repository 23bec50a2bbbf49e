/**
 * One rule's message as ModSecurity 2, the native logs and the error logs write it:
 *
 *   Warning. Pattern match "..." at ARGS:q. [file "..."] [line "83"] [id "941110"] [msg "..."] ... [tag "..."]
 *
 * The text before the brackets and the values of `msg`, `data` and `uri` may quote the attacker, and the text may look
 * like brackets. Where the engine escapes every quote of the attacker (ModSecurity 2, Coraza) the first bracket is the
 * block's; old libmodsecurity did not escape, so there the block is found from the right end, where nothing else can
 * be. Within the block the first of a key wins: `file` and `id` are written before anything of the attacker.
 */
import type { RawMatch } from '../core/event.ts'
import { unescapeLog } from './log-escapes.ts'
import { asCount } from './record-shape.ts'
import { readSeverity } from './severity.ts'

const BACKSLASH = 92

/** True when `"` at `quote` opens a value: `[key "`. */
const groupStart = (text: string, quote: number): number => {
  if (text[quote - 1] !== ' ') return -1
  let at = quote - 2
  while (at >= 0 && quote - at < 24 && /[a-z_0-9]/i.test(text[at]!)) at--
  return text[at] === '[' && at < quote - 2 ? at : -1
}

/** Index of the first bracket of the block that ends the text, or -1 when the text does not end in one. */
const blockAtEnd = (text: string): number => {
  let end = text.length
  let start = -1
  while (end >= 2 && text[end - 1] === ']' && text[end - 2] === '"') {
    let quote = text.lastIndexOf('"', end - 3)
    let group = -1
    while (quote > 0) {
      group = groupStart(text, quote)
      if (group >= 0) break
      quote = text.lastIndexOf('"', quote - 1)
    }
    if (group < 0) break
    start = group
    end = text[group - 1] === ' ' ? group - 1 : group
  }
  return start
}

/** Index of the quote that ends the value beginning at `from`, or the end of the text when it was cut off. */
const valueEnd = (text: string, from: number): number => {
  for (let quote = text.indexOf('"]', from); quote >= 0; quote = text.indexOf('"]', quote + 1)) {
    let slashes = 0
    while (quote - 1 - slashes >= from && text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return quote
    // libmodsecurity escapes no backslash: a value that ends in one is still followed by the next bracket.
    if (/^"\](?:$| \[[a-z_]+ ")/.test(text.slice(quote, quote + 20))) return quote
  }
  return text.length
}

export interface RuleText {
  /** What stands before the block: `Access denied with code 403 (phase 2). Operator GE matched 5 at ...`. */
  readonly lead: string
  readonly fields: ReadonlyMap<string, string>
  readonly tags: readonly string[]
}

/** `from`: where the block is looked for; see above. */
export const readRuleText = (text: string, from: 'left' | 'right'): RuleText => {
  const start = blockStart(text, from)
  const fields = new Map<string, string>()
  const tags: string[] = []
  let at = start
  while (at >= 0 && text[at] === '[') {
    const open = text.indexOf(' "', at)
    if (open < 0 || open - at > 24) break
    const key = text.slice(at + 1, open)
    const close = valueEnd(text, open + 2)
    // Half an id, cut off at the log's line limit, would be another rule's.
    if (close === text.length && key !== 'msg' && key !== 'data') break
    const value = text.slice(open + 2, close)
    if (key === 'tag') tags.push(unescapeLog(value))
    else if (!fields.has(key)) fields.set(key, value)
    at = close + 2
    while (text[at] === ' ') at++
  }
  return { lead: (start < 0 ? text : text.slice(0, start)).trimEnd(), fields, tags }
}

const blockStart = (text: string, from: 'left' | 'right'): number => {
  const right = from === 'right' ? blockAtEnd(text) : -1
  if (right >= 0) return right
  // Also for a message that was cut off, which ends in no bracket.
  const file = text.indexOf('[file "')
  return file >= 0 ? file : text.indexOf('[id "')
}

/** The engine's verdict words, up to the match itself. */
const VERDICT =
  /^(?:Warning\.|Access (?:denied|allowed|dropped|redirected)(?: with [a-z]{1,20}(?: \d{1,3})?(?: to)?)?[^.]{0,200}\(phase \d\)\.) ?/

/** True when the engine says that it did not let the transaction pass. */
export const saysDenied = (lead: string): boolean => /^Access (?:denied|dropped|redirected)\b/.test(lead)

/** The match of a rule message, or undefined when the text is some other word of the engine (a limit, an XML error). */
export const ruleMatch = ({ lead, fields, tags }: RuleText): RawMatch | undefined => {
  const id = fields.get('id')
  if (id === undefined && !VERDICT.test(lead)) return undefined
  const match = {
    ruleId: asCount(id),
    message: unescapeLog(fields.get('msg') ?? ''),
    data: unescapeLog(fields.get('data') ?? ''),
    tags,
    file: fields.get('file') ?? '',
    line: asCount(fields.get('line')),
    match: lead.replace(VERDICT, ''),
  }
  const severity = readSeverity(fields.get('severity'))
  return severity === undefined ? match : { ...match, severity }
}
