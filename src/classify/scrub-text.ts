/**
 * Free text made safe to store: rule data, header values, messages, pieces of URLs. Finds secrets by the name beside
 * them (`scrub-fields`) and by their own look (tokens, credentials in URLs, key blocks, card numbers). Every pattern is
 * linear: none has two places that can take the same character without a bound.
 */
import { redactCards } from './card-numbers.ts'
import { percentDecode } from './percent.ts'
import { type SecretName, scrubFields } from './scrub-fields.ts'
import { ANNOUNCED, AT, BLANK, DIGITS, FIELD, LONG_WORD, PERCENT, suspicionOf } from './suspicion.ts'

export const MARK = '<redacted>'

/** Tokens by the marks of those who issue them. `eyJ` is `{"` in base64: a JSON web token, whole or cut. */
const TOKEN =
  /eyJ[\w-]{13,}(?:\.[\w-]*){0,4}|\b(?:A(?:KIA|SIA)[0-9A-Z]{16}|gh[opusr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{16,255}|xox[abeprs]-[\w-]{10,255}|[rs]k_(?:live|test)_\w{10,255}|AIza[\w-]{30,255}|SG\.[\w-]{16,64}\.[\w-]{16,64}|npm_\w{30,255}|ya29\.[\w-]{20,255})/g
const BEARER = /\bbearer(?:[\s:+]|%20){1,8}([\w\-.~+/=]{6,})/gi
const BASIC = /\bbasic(?:[\s:+]|%20){1,8}([A-Za-z0-9+/_-]{4,}={0,2})/gi
/** The password of `scheme://user:password@host`; it ends at the last @ before the authority does. */
const USERINFO = /:\/\/[^\s/?#"'<>@:]{0,128}:[^\s/?#"'<>]{1,256}@/g
const KEY_BLOCK = '-----BEGIN'

/** Blotted only when it is what it looks like, base64 of `user:password`; "basic information" is prose. */
const blotBasic = (whole: string, encoded: string): string =>
  Buffer.from(encoded, 'base64').includes(0x3a) ? whole.slice(0, -encoded.length) + MARK : whole

const blotBearer = (whole: string, token: string): string => whole.slice(0, -token.length) + MARK

const blotKeyBlock = (text: string): string => {
  const from = text.indexOf(KEY_BLOCK)
  if (from < 0 || !text.slice(from, from + 64).includes('PRIVATE KEY')) return text
  const end = text.indexOf('-----END', from)
  return text.slice(0, from) + MARK + (end < 0 ? '' : text.slice(end))
}

const scrubOnce = (text: string, flags: number, isSecret: SecretName): string => {
  let out = text
  if ((flags & FIELD) !== 0) {
    if ((flags & AT) !== 0 && out.includes('://')) out = out.replace(USERINFO, `://${MARK}@`)
    out = scrubFields(out, isSecret, MARK)
  }
  if ((flags & LONG_WORD) !== 0) out = out.replace(TOKEN, MARK)
  if ((flags & BLANK) !== 0 && out.includes(KEY_BLOCK)) out = blotKeyBlock(out)
  if ((flags & ANNOUNCED) !== 0) out = out.replace(BEARER, blotBearer).replace(BASIC, blotBasic)
  return (flags & DIGITS) !== 0 ? redactCards(out, MARK) : out
}

/** Rounds of percent-decoding that a secret may hide behind: a URL as a parameter of a URL is encoded twice. */
const DECODE_ROUNDS = 2

/**
 * The text without its secrets; the very same string when none was found. Where a secret shows only after
 * percent-decoding, the decoded text is what is kept: half-encoded text with a hole in it would mislead.
 */
export const scrubText = (text: string, isSecret: SecretName): string => {
  const flags = suspicionOf(text)
  if ((flags & ~(BLANK | AT)) === 0) return text
  const clean = scrubOnce(text, flags, isSecret)
  if ((flags & PERCENT) === 0) return clean
  let encoded = clean
  for (let round = 0; round < DECODE_ROUNDS; round++) {
    const decoded = percentDecode(encoded)
    if (decoded === encoded) break
    const scrubbed = scrubOnce(decoded, suspicionOf(decoded), isSecret)
    if (scrubbed !== decoded) return scrubbed
    encoded = decoded
  }
  return clean
}
