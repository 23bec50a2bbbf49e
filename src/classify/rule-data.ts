/**
 * The texts of one rule match without secrets. Here the variable tells: whatever matched in `ARGS:password` is (part
 * of) a password, and looks like anything. Bodies are not kept, so a body that a rule quotes is not kept either.
 */
import { LIMITS } from './bounds.ts'
import { matchedValue } from './matched-variable.ts'
import { memo } from './memo.ts'
import type { Clean, Redactor } from './redact.ts'
import { MARK } from './scrub-text.ts'

const HOLDS_ONE = /^(?:ARGS(?:_GET|_POST)?|REQUEST_HEADERS|RESPONSE_HEADERS|MULTIPART_PART_HEADERS|ENV|XML|JSON):(.*)$/s
const COOKIES = /^REQUEST_COOKIES(?:$|:)/
const COOKIE_HEADER = /^(?:REQUEST|RESPONSE)_HEADERS:(?:set-)?cookie2?$/i
const BODY = /^(?:REQUEST_BODY|RESPONSE_BODY|XML|FULL_REQUEST|STREAM_(?:IN|OUT)PUT_BODY|FILES_TMP_CONTENT)(?:$|:)/

/** A variable in which a rule matched. */
export interface Place {
  readonly variable: string
  readonly shown: Clean
  /** Its name promises a secret value. */
  readonly secret: boolean
  /** It is a whole body. */
  readonly body: boolean
}

export interface RuleTexts {
  place(variable: string): Place
  /** The rule's `logdata`. */
  data(data: string, place: Place | undefined): Clean
  /** The rule's message. */
  message(message: string, match: string, place: Place | undefined): Clean
}

/** Variables that a rule's own text may mention besides the one that the engine names: chained rules do. */
const MENTIONED = /\b(?:REQUEST_COOKIES|(?:REQUEST|RESPONSE)_HEADERS|ARGS(?:_GET|_POST)?):[^\s:=',&]{1,64}/g
const FOUND = ' found within '
const MATCHED = 'Matched Data:'
/** Whether `word` begins anywhere in `text` but between `from` and `to`. */
const standsOutside = (text: string, word: string, from: number, to: number): boolean => {
  const at = text.indexOf(word)
  return at < from || at >= to ? at >= 0 : text.includes(word, to)
}

/** Characters of a body that may be shown as what a rule matched in it: enough to recognise an attack by. */
const BODY_EXCERPT = 120
/** Shorter values occur by chance in honest words. */
const SHORTEST_SECRET = 4

export const createRuleTexts = (redactor: Redactor): RuleTexts => {
  const isSecretVariable = (variable: string): boolean => {
    if (!redactor.enabled) return false
    if (COOKIES.test(variable) || COOKIE_HEADER.test(variable)) return true
    const name = HOLDS_ONE.exec(variable)?.[1]
    return name !== undefined && redactor.isSecret(name)
  }
  const place = memo(
    4096,
    LIMITS.variable,
    (variable): Place => ({
      variable,
      shown: redactor.text(variable, LIMITS.variable),
      secret: isSecretVariable(variable),
      body: BODY.test(variable),
    }),
  )
  const mentionsSecret = (data: string, known: string): boolean => {
    // Nearly always the known variable is the only one mentioned, and no pattern need run.
    const from = known === '' ? -1 : data.indexOf(known)
    const to = from < 0 ? -1 : from + known.length
    if (
      !standsOutside(data, 'ARGS', from, to) &&
      !standsOutside(data, '_HEADERS:', from, to) &&
      !standsOutside(data, 'REQUEST_COOKIES:', from, to)
    )
      return false
    for (const [variable] of data.matchAll(MENTIONED)) if (variable !== known && place(variable).secret) return true
    return false
  }
  return {
    place,
    data: (data, at) => {
      if (data === '' || !redactor.enabled) return redactor.text(data, LIMITS.data)
      if (at?.secret)
        return {
          text: data.startsWith(MATCHED) ? `${MATCHED} ${MARK}${FOUND}${at.shown.text}` : MARK,
          redacted: true,
        }
      const piece = data.length > LIMITS.data * 4 ? data.slice(0, LIMITS.data * 4) : data
      if (mentionsSecret(piece, at?.variable ?? '')) return { text: MARK, redacted: true }
      if (!at?.body) return redactor.text(data, LIMITS.data)
      const found = data.indexOf(`${FOUND}${at.variable}:`)
      const head = redactor.text(found < 0 ? data : data.slice(0, found), BODY_EXCERPT)
      return found < 0 ? head : { text: `${head.text}${FOUND}${at.shown.text}: ${MARK}`, redacted: true }
    },
    // A rule may quote the value in its message (`msg:'... %{MATCHED_VAR}'`): for a secret variable that value goes.
    message: (message, match, at) => {
      if (!at?.secret) return redactor.message(message)
      const value = matchedValue(match)
      const without = value.length >= SHORTEST_SECRET ? message.replaceAll(value, MARK) : message
      const clean = redactor.text(without, LIMITS.message)
      return { text: clean.text, redacted: clean.redacted || without !== message }
    },
  }
}
