/**
 * Which names of parameters, cookies and headers promise a secret value. A closed list, read as words, so that
 * `user[newPassword]`, `X-Api-Key` and `json.db_pwd` are found and `compass`, `author` and `monkey` are not.
 * Too much is the right side to err on: a redacted harmless value costs a reader a little, a stored password a lot.
 */
import { memo } from './memo.ts'

export interface SecretNameOptions {
  readonly extraNames: readonly string[]
  readonly keepNames: readonly string[]
}

/** Secret wherever they stand in the name, its separators removed. */
const PARTS =
  /password|passwd|passwort|passphrase|passcode|kennwort|contrase|motdepasse|wachtwoord|secret|token|apikey|accesskey|privatekey|authkey|accountkey|subscriptionkey|functionskey|signingkey|encryptionkey|licensekey|credential|authorization|sessionid|sessid|sessionkey|loggedin|creditcard|cardnumber|cardno|ccnum|securitycode|signature|codeverifier/

/** Secret as a whole word of the name. */
const WORDS: ReadonlySet<string> = new Set(
  (
    'pwd pw psw pin otp totp mfa cvv cvv2 cvc cvc2 csc auth oauth bearer jwt sid session sess csrf xsrf nonce wpnonce ' +
    'mdp senha haslo pan ssn sig hmac cred creds'
  ).split(' '),
)
const HARMLESS_PASS: ReadonlySet<string> = new Set(
  'passenger passengers passive passage passages passing passed passion compass bypass surpass trespass overpass'.split(
    ' ',
  ),
)
/** WebDAV's lock names and counters of language models: tokens by name only. */
const HARMLESS: ReadonlySet<string> = new Set(['locktoken', 'opaquelocktoken', 'maxtokens', 'tokentype'])
const SPLIT = /[^a-z0-9]+/
const HUMP = /([a-z0-9])([A-Z])/g

const isSecretWord = (word: string): boolean =>
  WORDS.has(word) ||
  ((word.startsWith('pass') || word.endsWith('pass') || word.endsWith('pwd')) && !HARMLESS_PASS.has(word))

const promisesSecret = (name: string): boolean => {
  if (name === 'key' || name === 'KEY' || name === 'Key') return true
  const words = name.replace(HUMP, '$1 $2').toLowerCase().split(SPLIT)
  const compact = words.join('')
  if (HARMLESS.has(compact)) return false
  return PARTS.test(compact) || words.some(isSecretWord)
}

/** Longest name that is judged; of a longer one its end, where the telling part of `a[b][password]` stands. */
const LONGEST_NAME = 64

export const createSecretNames = (options: SecretNameOptions): ((name: string) => boolean) => {
  const extra = new Set(options.extraNames.map((name) => name.toLowerCase()))
  const keep = new Set(options.keepNames.map((name) => name.toLowerCase()))
  const judge = memo(4096, LONGEST_NAME, (name) => {
    const lower = name.toLowerCase()
    return !keep.has(lower) && (extra.has(lower) || promisesSecret(name))
  })
  return (name) => judge(name.length > LONGEST_NAME ? name.slice(-LONGEST_NAME) : name)
}
